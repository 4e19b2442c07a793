import { parseArgs } from 'node:util';
import type { AdminApi } from '@torale/contracts';
import { connect } from './admin-client.ts';
import { CommandError } from './command-error.ts';
import { tableOf } from './table.ts';

const usage = `What an operator sees and does:

  npm run admin -- queues
  npm run admin -- subscribers
  npm run admin -- events replay --subscriber notifications --from 2026-11-22T08:00:00Z
  npm run admin -- dead-letters list [--queue run-check] [--limit 25] [--cursor …]
  npm run admin -- dead-letters replay <id …> | --all [--queue run-check]
  npm run admin -- dead-letters drop <id …> | --all [--queue run-check]

TORALE_URL says where Torale is (http://127.0.0.1:8000; the worker where services run apart), OPERATOR_TOKEN is the
token of its operators; a standalone Torale keeps one in TORALE_DATA_DIR (.torale).`;

const options = {
  subscriber: { type: 'string' },
  from: { type: 'string' },
  queue: { type: 'string' },
  limit: { type: 'string' },
  cursor: { type: 'string' },
  all: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface Arguments {
  ids: string[];
  values: ReturnType<typeof parse>['values'];
}

/** What is given back is what is shown. */
type Command = (admin: AdminApi, given: Arguments) => Promise<string>;

const commands: Record<string, Command> = {
  queues: showQueues,
  subscribers: showSubscribers,
  'events replay': replayEvents,
  'dead-letters list': showDeadLetters,
  'dead-letters replay': async (admin, given) =>
    `${await forEachPage(admin, given, (ids) => admin.replayDeadLetters({ ids }))} jobs are run again.`,
  'dead-letters drop': async (admin, given) =>
    `${await forEachPage(admin, given, (ids) => admin.dropDeadLetters({ ids }))} jobs are forgotten.`,
};

/** Carries out one command and resolves with the exit code of its process. */
export async function runAdminCommand(
  argv: string[],
  environment: Readonly<Record<string, string | undefined>>,
  output: Pick<Console, 'log' | 'error'>,
): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    if (values.help || positionals.length === 0) {
      output.log(usage);
      return 0;
    }
    const name = [positionals.slice(0, 2).join(' '), positionals[0]!].find((words) => words in commands);
    if (!name) throw new CommandError(`There is no command ${positionals.join(' ')}.\n\n${usage}`);
    const ids = positionals.slice(name.split(' ').length);
    output.log(await commands[name]!(await connect(environment), { ids, values }));
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.error(error.message);
    return 1;
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${usage}`);
  }
}

async function showQueues(admin: AdminApi): Promise<string> {
  const { data } = await admin.listQueues(undefined);
  return tableOf(
    ['queue', 'waiting', 'oldest', 'later', 'running', 'dead letters'],
    data.map((queue) => [
      queue.queue,
      String(queue.waiting),
      queue.oldest_waiting_seconds === null ? '' : seconds(queue.oldest_waiting_seconds),
      String(queue.later),
      String(queue.active),
      String(queue.dead_letters),
    ]),
  );
}

async function showSubscribers(admin: AdminApi): Promise<string> {
  const { data } = await admin.listSubscribers(undefined);
  return tableOf(
    ['subscriber', 'behind', 'for', 'cursor', 'moved', 'events'],
    data.map((subscriber) => [
      subscriber.name,
      String(subscriber.lag_events),
      seconds(subscriber.lag_seconds),
      `${subscriber.transaction_number}/${subscriber.event_id}`,
      subscriber.updated_at,
      subscriber.types.join(', '),
    ]),
    Infinity,
  );
}

async function replayEvents(admin: AdminApi, { values }: Arguments): Promise<string> {
  const name = values.subscriber ?? missing('--subscriber notifications');
  const from = new Date(values.from ?? missing('--from 2026-11-22T08:00:00Z'));
  if (Number.isNaN(from.getTime()))
    throw new CommandError(`${values.from} is no time. Say it as 2026-11-22T08:00:00Z.`);
  const { events, warning } = await admin.replayEvents({ name, from: from.toISOString() });
  return [`${events} events since ${from.toISOString()} are handed to ${name} again.`, warning]
    .filter(Boolean)
    .join('\n');
}

async function showDeadLetters(admin: AdminApi, { values }: Arguments): Promise<string> {
  const limit = values.limit === undefined ? 25 : Number(values.limit);
  const { queue, cursor } = values;
  const { data, next_cursor } = await admin.listDeadLetters({ queue, cursor, limit });
  if (data.length === 0) return 'No job was given up.';
  const table = tableOf(
    ['id', 'queue', 'tries', 'given up', 'error', 'payload'],
    data.map((letter) => [
      letter.id,
      letter.queue,
      String(letter.attempts),
      letter.last_failed_at,
      letter.error,
      JSON.stringify(letter.payload),
    ]),
  );
  return next_cursor ? `${table}\n\nThere are more: --cursor ${next_cursor}` : table;
}

/** The number of dead letters that `handle` found, of those that were named or of all. */
async function forEachPage(
  admin: AdminApi,
  { ids, values }: Arguments,
  handle: (ids: string[]) => Promise<{ ids: string[] }>,
): Promise<number> {
  if (!values.all) {
    if (ids.length === 0) missing('the ids of dead letters, or --all');
    const { ids: found } = await handle(ids);
    const gone = ids.filter((id) => !found.includes(id));
    if (gone.length > 0)
      throw new CommandError(`${found.length} done. There are no dead letters ${gone.join(', ')}.`);
    return found.length;
  }
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await admin.listDeadLetters({ queue: values.queue, cursor, limit: 100 });
    if (page.data.length > 0) count += (await handle(page.data.map(({ id }) => id))).ids.length;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return count;
}

function missing(what: string): never {
  throw new CommandError(`Say ${what}.`);
}

const seconds = (count: number) => (count < 120 ? `${count.toFixed(1)} s` : `${Math.round(count / 60)} min`);
