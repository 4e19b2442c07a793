import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adminContract, problemSchema, type AdminApi, type Endpoint } from '@torale/contracts';
import { operatorTokenPath } from '../admin/operator-token-path.ts';
import { CommandError } from './command-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The operator's endpoints at TORALE_URL, with OPERATOR_TOKEN or else with the token in TORALE_DATA_DIR.
 * @throws CommandError when there is no token; its methods likewise for what went wrong
 */
export async function connect(environment: Environment): Promise<AdminApi> {
  const url = environment['TORALE_URL'] || 'http://127.0.0.1:8000';
  const token =
    environment['OPERATOR_TOKEN'] || (await storedToken(environment['TORALE_DATA_DIR'] || '.torale'));
  const call = (endpoint: Endpoint) => (input?: Record<string, unknown>) =>
    send(url, token, endpoint, input ?? {});
  return Object.fromEntries(
    Object.entries(adminContract.endpoints).map(([name, endpoint]) => [name, call(endpoint)]),
  ) as unknown as AdminApi;
}

async function storedToken(dataFolder: string): Promise<string> {
  const path = join(dataFolder, operatorTokenPath);
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `There is no operator token: set OPERATOR_TOKEN to that of the worker, or TORALE_DATA_DIR to the data folder of ` +
        `a standalone Torale (${path}: ${error.code === 'ENOENT' ? 'no such file' : error.message}).`,
    );
  });
}

async function send(url: string, token: string, endpoint: Endpoint, input: Record<string, unknown>) {
  const left = { ...input };
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(left[name]);
    delete left[name];
    return encodeURIComponent(value);
  });
  const target = new URL(path, url);
  const hasBody = endpoint.method !== 'GET';
  if (!hasBody) {
    for (const [name, value] of Object.entries(left)) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
  }
  const response = await fetch(target, {
    method: endpoint.method,
    headers: { authorization: `Bearer ${token}`, ...(hasBody && { 'content-type': 'application/json' }) },
    ...(hasBody && { body: JSON.stringify(left) }),
    signal: AbortSignal.timeout(endpoint.deadline_ms),
  }).catch((error: unknown) => {
    const { cause, message } = error as Error;
    const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
    throw new CommandError(
      `Torale does not answer at ${url} (${why}). Does it run? Set TORALE_URL to where it does.`,
    );
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return endpoint.response.parse(body);
  const problem = problemSchema.safeParse(body).data;
  if (!problem) {
    throw new CommandError(
      `${url} answered ${response.status}, and not as Torale does. Set TORALE_URL to Torale.`,
    );
  }
  const advice = problem.code === 'invalid_credentials' ? ' Set OPERATOR_TOKEN to that of the worker.' : '';
  throw new CommandError(`${problem.detail ?? problem.title}${advice}`);
}
