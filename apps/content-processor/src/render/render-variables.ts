import { z } from 'zod';

/** The part of the content processor's environment that concerns the browser. */
export const renderVariables = {
  CHROMIUM_PATH: z.string().min(1).optional().meta({
    description:
      'The Chromium that renders pages which need it: the binary itself, better its headless shell, not a wrapper script. Looked for when empty; else one unpacked from npm is used (Linux x64).',
  }),
  CHROMIUM_SANDBOX: z.stringbool().default(true).meta({
    description:
      "Whether Chromium isolates its pages by user namespaces. Turn it off where the kernel or the container's profile forbids those. Always off for root.",
  }),
  RENDER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(32)
    .default(2)
    .meta({ description: 'How many pages are rendered at the same time.' }),
  RENDER_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .max(50_000)
    .default(20_000)
    .meta({ description: 'How long rendering one page may take, actions and screenshot included.' }),
  RENDER_MAX_MEMORY_MB: z.coerce.number().int().min(256).default(1024).meta({
    description:
      'When the browser takes more, the tab that takes most is ended as too large. Holding half of it without a tab, the browser is replaced. Linux only.',
  }),
  RENDER_MAX_PAGES: z.coerce
    .number()
    .int()
    .min(1)
    .default(200)
    .meta({ description: 'After how many pages the browser is replaced.' }),
  RENDER_IDLE_SECONDS: z.coerce
    .number()
    .min(0.1)
    .default(300)
    .meta({ description: 'The browser starts with the first page and ends after this long without one.' }),
  RENDER_RETEST_HOURS: z.coerce
    .number()
    .min(0)
    .default(168)
    .meta({ description: 'How long it is trusted what a source was found to need: a browser or none.' }),
};
