import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/ });

const slice = defineConfig('ai', {
  OPENAI_API_KEY: z.string().optional().meta({
    description: 'Key of OpenAI, or of the server at OPENAI_BASE_URL. Without any key Torale uses rules.',
  }),
  OPENAI_BASE_URL: httpUrl.optional().meta({
    description:
      'Any server that speaks the OpenAI chat completions API, such as `http://127.0.0.1:11434/v1`; OpenAI itself when empty.',
  }),
  OPENAI_MODEL: z.string().default('gpt-4.1-mini').meta({ description: 'The model asked there.' }),
  PERPLEXITY_API_KEY: z
    .string()
    .optional()
    .meta({ description: 'Key of Perplexity; used when OPENAI_API_KEY is empty.' }),
  PERPLEXITY_BASE_URL: httpUrl
    .default('https://api.perplexity.ai')
    .meta({ description: 'Where Perplexity answers.' }),
  AI_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(20_000)
    .meta({ description: 'How long one question to a language model may take, its retry included.' }),
});

/** Which language model is asked, and how. */
export const aiConfig: typeof slice = {
  ...slice,
  schema: slice.schema.refine((config) => !config.OPENAI_BASE_URL || config.OPENAI_API_KEY, {
    path: ['OPENAI_API_KEY'],
    message: 'is required with OPENAI_BASE_URL; servers that check none accept any value',
  }),
};
