import type { Audit, AuditedAlert } from './audit.repository.ts';
import type { Change } from './changing-site.ts';
import type { MemorySample } from './target.ts';
import { pricesIn, type ReceivedMessage } from './unreliable-receiver.ts';

export interface Verdict {
  /** What happened, line by line. */
  table: Record<string, string | number>;
  /** What ought not to have happened. */
  violations: string[];
}

export interface Evidence {
  audit: Audit;
  changes: readonly Change[];
  receiver: {
    messages: ReadonlyMap<string, ReceivedMessage>;
    forged: readonly string[];
    requests: number;
    /** How requests were received, and how often. */
    counts: Readonly<Record<string, number>>;
  };
  killed: ReadonlyMap<string, number>;
  failedStarts: number;
  memory: readonly MemorySample[];
  settledSeconds: number;
}

/** By how much the memory of a process may grow from the first lives to the last, and from how many samples it shows. */
const MEMORY_GROWTH = 1.3;
const FEWEST_SAMPLES = 16;

/** Compares what changed, what was found, what was sent and what arrived. */
export function judge({
  audit,
  changes,
  receiver,
  killed,
  failedStarts,
  memory,
  settledSeconds,
}: Evidence): Verdict {
  const messages = [...receiver.messages.values()];
  const violations = [
    ...alertViolations(changes, audit.alerts),
    ...deliveryViolations(audit.alerts, messages),
    ...receiver.forged,
    ...audit.unsettled,
    ...audit.overdue,
    ...audit.stuck,
    ...audit.overlapping,
    ...(audit.notices > 0 ? [`${audit.notices} notices about sources that never failed`] : []),
    ...Object.entries(audit.deadLetters)
      .filter(([queue]) => !queue.startsWith('run-check'))
      .map(([queue, count]) => `${count} jobs were given up: ${queue}`),
  ];
  const growth = growthByName(memory);
  for (const [name, { first, last }] of growth) {
    if (last > first * MEMORY_GROWTH) violations.push(`${name} grew from ${first} to ${last} MB`);
  }

  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const table: Verdict['table'] = {};
  for (const [what, times] of [...killed].sort()) table[`kill -9 of ${what}`] = times;
  table['starts that failed and were repeated'] = failedStarts;
  table['sources'] = audit.sources;
  table['checks'] = audit.checks;
  table['checks that failed'] = audit.failedChecks;
  table['changes'] = changes.length;
  table['alerts'] = audit.alerts.length;
  table['mails in the outbox'] = sum(audit.alerts.map(({ mails }) => mails));
  table['webhooks accepted'] = messages.filter(({ accepted }) => accepted).length;
  table['webhook requests'] = receiver.requests;
  for (const [manner, times] of Object.entries(receiver.counts)) table[`receiver ${manner}`] = times;
  table['sent again though answered (told apart by webhook-id)'] = sum(
    messages.map(({ afterAnswer }) => afterAnswer),
  );
  table['sources overdue'] = audit.overdue.length;
  table['checks that run for ever'] = audit.stuck.length;
  table['checks given up'] = sum(Object.values(audit.deadLetters));
  for (const [name, { first, last }] of growth)
    table[`memory of ${name}, first and last, MB`] = `${first} ${last}`;
  table['settled after, s'] = settledSeconds;
  return { table, violations };
}

function alertViolations(changes: readonly Change[], alerts: readonly AuditedAlert[]): string[] {
  const violations: string[] = [];
  const alertsOf = new Map<number, string[]>(changes.map(({ price }) => [price, []]));
  for (const { id, path, after } of alerts) {
    const expected = pricesIn(after).filter((price) => alertsOf.has(price));
    if (expected.length === 0) violations.push(`Alert ${id} of ${path} tells of no change: ${after}`);
    for (const price of expected) alertsOf.get(price)!.push(id);
  }
  for (const { path, price } of changes) {
    const found = alertsOf.get(price)!;
    if (found.length === 0) violations.push(`The change of ${path} to $${price} was lost`);
    if (found.length > 1)
      violations.push(`The change of ${path} to $${price} has ${found.length} alerts: ${found.join(', ')}`);
  }
  return violations;
}

function deliveryViolations(alerts: readonly AuditedAlert[], messages: readonly ReceivedMessage[]): string[] {
  const violations: string[] = [];
  const known = new Set(alerts.map(({ id }) => id));
  for (const { id, webhooks, emails, mails } of alerts) {
    const accepted = messages.filter(({ alertId, accepted }) => accepted && alertId === id).length;
    for (const [what, count] of Object.entries({
      'webhook deliveries': webhooks,
      'accepted webhooks': accepted,
      'mail deliveries': emails,
      'mails in the outbox': mails,
    })) {
      if (count !== 1) violations.push(`Alert ${id} has ${count} ${what}`);
    }
  }
  for (const { alertId, hook } of messages) {
    if (!known.has(alertId)) violations.push(`${hook} was told of alert ${alertId}, which does not exist`);
  }
  return violations;
}

/** Medians of the first and the last quarter of what was measured, megabytes. */
function growthByName(samples: readonly MemorySample[]): Map<string, { first: number; last: number }> {
  const growth = new Map<string, { first: number; last: number }>();
  for (const [name, own] of Map.groupBy(samples, (sample) => sample.name)) {
    if (own.length < FEWEST_SAMPLES) continue;
    const quarter = Math.floor(own.length / 4);
    growth.set(name, { first: median(own.slice(0, quarter)), last: median(own.slice(-quarter)) });
  }
  return growth;
}

function median(samples: MemorySample[]): number {
  return samples.map(({ megabytes }) => megabytes).sort((a, b) => a - b)[Math.floor(samples.length / 2)]!;
}
