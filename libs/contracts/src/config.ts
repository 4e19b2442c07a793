import { z } from 'zod';

/**
 * One part of the environment: a zod object whose keys are environment variables. Each app and library that
 * reads the environment declares one; `loadConfig` (service-host) parses them together at start, and the
 * README's table is generated from their descriptions.
 */
export interface ConfigSlice<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Who reads it, e.g. `outbound-http`; also the heading in the generated table. */
  readonly name: string;
  /** Injection token of the parsed values. */
  readonly token: symbol;
  readonly schema: z.ZodObject<Shape>;
}

export type ConfigOf<S extends ConfigSlice> = z.output<S['schema']>;

export function defineConfig<Shape extends z.ZodRawShape>(name: string, shape: Shape): ConfigSlice<Shape> {
  return { name, token: Symbol.for(`torale.config.${name}`), schema: z.object(shape) };
}
