import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { nativeDimensionsOf } from './openai-embedder.ts';

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
  EMBEDDING_MODEL: z.string().min(1).optional().meta({
    description:
      'A model behind the OpenAI embeddings API, such as `text-embedding-3-small`; the model that ships with Torale when empty.',
  }),
  EMBEDDING_DIMENSIONS: z.coerce.number().int().min(1).max(16_000).optional().meta({
    description:
      'How many numbers its vectors have. Only for models that are not OpenAI’s, or to have shorter vectors from those.',
  }),
  EMBEDDING_BASE_URL: httpUrl.optional().meta({
    description: 'Where EMBEDDING_MODEL answers; OPENAI_BASE_URL, or OpenAI itself, when empty.',
  }),
  EMBEDDING_API_KEY: z.string().optional().meta({
    description: 'Key of the server at EMBEDDING_BASE_URL; without such an address OPENAI_API_KEY is used.',
  }),
  AI_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(20_000)
    .meta({ description: 'How long one question to a model may take, its retries included.' }),
});

export const openAiUrl = 'https://api.openai.com/v1';

/** Address and key of the embeddings API. The key of one server is never sent to another. */
export function embeddingServerOf(config: z.output<typeof slice.schema>): {
  baseUrl: string;
  apiKey: string | undefined;
} {
  return config.EMBEDDING_BASE_URL
    ? { baseUrl: config.EMBEDDING_BASE_URL, apiKey: config.EMBEDDING_API_KEY }
    : {
        baseUrl: config.OPENAI_BASE_URL ?? openAiUrl,
        apiKey: config.EMBEDDING_API_KEY ?? config.OPENAI_API_KEY,
      };
}

const keyMessage = 'servers that check none accept any value';

/** Which models are asked, and how. */
export const aiConfig: typeof slice = {
  ...slice,
  schema: slice.schema
    .refine((config) => !config.OPENAI_BASE_URL || config.OPENAI_API_KEY, {
      path: ['OPENAI_API_KEY'],
      message: `is required with OPENAI_BASE_URL; ${keyMessage}`,
    })
    .refine((config) => !config.EMBEDDING_MODEL || embeddingServerOf(config).apiKey, {
      path: ['EMBEDDING_API_KEY'],
      message: `is required with EMBEDDING_MODEL; ${keyMessage}`,
    })
    .refine(
      ({ EMBEDDING_MODEL: model, EMBEDDING_DIMENSIONS: dimensions }) =>
        !model || dimensions || nativeDimensionsOf(model),
      {
        path: ['EMBEDDING_DIMENSIONS'],
        message: 'is required for an EMBEDDING_MODEL that is not one of OpenAI',
      },
    ),
};
