import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

export const operatorConfig = defineConfig('operator', {
  OPERATOR_TOKEN: z.string().min(32).optional().meta({
    description:
      'Lets operators see and replay what was given up (`npm run admin`): 32 characters or more, `openssl rand -hex 32`. Without it nobody is one; standalone makes one in `operator/token` of its data folder.',
  }),
});
