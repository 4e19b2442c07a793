import { defineConfig, type ConfigOf } from '@torale/contracts';
import { z } from 'zod';

export const changeDetectorConfig = defineConfig('change-detector', {
  LANGUAGE_MODEL_QUESTIONS_PER_DAY: z.coerce.number().int().min(0).default(200).meta({
    description:
      'How many changes a day the language model is asked about for one user (UTC); beyond it, rules judge.',
  }),
});
export type ChangeDetectorConfig = ConfigOf<typeof changeDetectorConfig>;
