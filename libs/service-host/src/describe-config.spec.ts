import { defineConfig } from '@torale/contracts';
import { z } from 'zod';
import { describeConfig } from './describe-config.ts';

test('one row for each variable, with what an operator needs to know', () => {
  const list = z
    .string()
    .default('10.0.0.0/8')
    .transform((value) => value.split(','))
    .meta({ description: 'Networks' });
  const rows = describeConfig([
    defineConfig('first', {
      PORT: z.coerce.number().default(80).meta({ description: 'Port' }),
      SECRET: z.string().min(32).meta({ description: 'Secret' }),
      NETWORKS: list,
    }),
    defineConfig('second', {
      SECRET: z.string(),
      VERBOSE: z.stringbool().default(false),
      URL: z.url().optional(),
    }),
  ]);
  const row = (
    variable: string,
    def: string | null,
    required: boolean,
    description: string,
    ...read_by: string[]
  ) => ({
    variable,
    default: def,
    required,
    description,
    read_by,
  });
  expect(rows).toEqual([
    row('PORT', '80', false, 'Port', 'first'),
    row('SECRET', null, true, 'Secret', 'first', 'second'),
    row('NETWORKS', '10.0.0.0/8', false, 'Networks', 'first'),
    row('VERBOSE', 'false', false, '', 'second'),
    row('URL', null, false, '', 'second'),
  ]);
});
