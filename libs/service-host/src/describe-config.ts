import type { ConfigSlice } from '@torale/contracts';
import { z } from 'zod';

/** One environment variable, for the generated configuration table. */
export interface ConfigRow {
  variable: string;
  /** As it would be written in the environment; null when there is none. */
  default: string | null;
  required: boolean;
  description: string;
  /** Names of the slices that declare it. */
  read_by: string[];
}

interface VariableSchema {
  default?: unknown;
  description?: string;
}

/** Every variable of the slices, in their order; one that several slices declare is one row. */
export function describeConfig(slices: readonly ConfigSlice[]): ConfigRow[] {
  const rows = new Map<string, ConfigRow>();
  for (const slice of slices) {
    const { properties = {}, required = [] } = z.toJSONSchema(slice.schema, {
      io: 'input',
      unrepresentable: 'any',
    });
    for (const [variable, schema] of Object.entries(properties as Record<string, VariableSchema>)) {
      const known = rows.get(variable);
      if (known) {
        known.read_by.push(slice.name);
        known.required ||= required.includes(variable);
        continue;
      }
      rows.set(variable, {
        variable,
        default: defaultOf(slice, variable, schema),
        required: required.includes(variable),
        description: schema.description ?? '',
        read_by: [slice.name],
      });
    }
  }
  return [...rows.values()];
}

/** JSON Schema leaves out the default of a variable that is transformed; parsing nothing tells it. */
function defaultOf(slice: ConfigSlice, variable: string, schema: VariableSchema): string | null {
  const value = schema.default ?? z.safeParse(slice.schema.shape[variable]!, undefined).data;
  return value === undefined ? null : String(value);
}
