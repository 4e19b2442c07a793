import { type ConfigOf, defineConfig } from '@torale/contracts';
import { z } from 'zod';

const slice = defineConfig('snapshots', {
  SNAPSHOT_BUCKET: z.string().min(1).optional().meta({
    description:
      'A private bucket of Supabase Storage for the snapshots of fetched pages; without it they are kept in the folder `snapshots` of TORALE_DATA_DIR.',
  }),
  SUPABASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta({ description: 'The Supabase project.' }),
  SUPABASE_SERVICE_KEY: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The project’s secret key; needed for SNAPSHOT_BUCKET.' }),
  TORALE_DATA_DIR: z
    .string()
    .min(1)
    .default('.torale')
    .meta({ description: 'Folder of everything that is kept on disk.' }),
});

/** Where snapshots go. */
export const snapshotsConfig: typeof slice = {
  ...slice,
  schema: slice.schema
    .refine((config) => !config.SNAPSHOT_BUCKET || config.SUPABASE_URL, {
      path: ['SUPABASE_URL'],
      message: 'is required with SNAPSHOT_BUCKET',
    })
    .refine((config) => !config.SNAPSHOT_BUCKET || config.SUPABASE_SERVICE_KEY, {
      path: ['SUPABASE_SERVICE_KEY'],
      message: 'is required with SNAPSHOT_BUCKET',
    }),
};
export type SnapshotsConfig = ConfigOf<typeof snapshotsConfig>;
