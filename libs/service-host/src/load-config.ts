import { StartError, type ConfigOf, type ConfigSlice } from '@torale/contracts';

/** One fault in the environment. */
export interface ConfigFault {
  variable: string;
  message: string;
}

/** The environment is not usable; the message lists every fault, one a line. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
  readonly faults: ConfigFault[];

  constructor(faults: ConfigFault[]) {
    super(
      ['The configuration is not valid:', ...faults.map((f) => `  ${f.variable}: ${f.message}`)].join('\n'),
    );
    this.faults = faults;
  }
}

/** The parsed slices of the environment. */
export class Config {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values;
  }

  of<S extends ConfigSlice>(slice: S): ConfigOf<S> {
    if (!this.#values.has(slice.token)) throw new Error(`The config slice ${slice.name} was not loaded`);
    return this.#values.get(slice.token) as ConfigOf<S>;
  }
}

/**
 * Parses all slices at once. An empty variable counts as missing, as compose files write unset ones.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function loadConfig(slices: readonly ConfigSlice[], environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const values = new Map<symbol, unknown>();
  const faults = new Map<string, ConfigFault>();
  for (const slice of slices) {
    const result = slice.schema.safeParse(present);
    if (result.success) values.set(slice.token, result.data);
    for (const issue of result.error?.issues ?? []) {
      const variable = String(issue.path[0] ?? slice.name);
      const missing = present[variable] === undefined && issue.code !== 'custom';
      faults.set(variable, { variable, message: missing ? 'is required' : issue.message });
    }
  }
  if (faults.size > 0) throw new ConfigError([...faults.values()]);
  return new Config(values);
}
