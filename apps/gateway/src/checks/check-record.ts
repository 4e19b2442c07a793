import type {
  Check,
  CheckAttempt,
  CheckCompensation,
  CheckRecord,
  CheckStep,
  Delivery,
  DeliveryStatus,
} from '@torale/contracts';

/** What is stored of a check and of what it led to. */
export interface CheckTrail {
  check: Check;
  explanation: CheckRecord['explanation'];
  attempts: CheckAttempt[];
  /** When it was handed to a worker, the last time. */
  enqueued_at: string | null;
  not_before: string;
  /** `not_before` has not come yet. */
  is_held: boolean;
  /** When what it found was stored; null when that was known. */
  content_stored_at: string | null;
  alerted_at: string | null;
  deliveries: Pick<
    Delivery,
    'id' | 'channel' | 'target' | 'status' | 'reason' | 'attempts' | 'sent_at' | 'created_at'
  >[];
}

type Attempt = CheckStep['attempts'][number];
type Status = CheckStep['status'];

/** A check as one record: a saga of its steps, with what made up for those that could not be done. */
export function checkRecordOf(trail: CheckTrail): CheckRecord {
  return {
    ...trail.check,
    explanation: trail.explanation,
    steps: [dispatchOf(trail), readOf(trail), judgeOf(trail), tellOf(trail), ...deliveriesOf(trail)],
    compensation: compensationOf(trail),
  };
}

function dispatchOf({ check, attempts, enqueued_at, not_before, is_held }: CheckTrail): CheckStep {
  const isDone = enqueued_at !== null || (attempts.length > 0 && check.status !== 'queued');
  return {
    name: 'dispatch',
    status: isDone ? 'succeeded' : check.status === 'cancelled' ? 'skipped' : 'waiting',
    detail: !isDone && is_held ? `It waits for its turn until ${not_before}.` : null,
    delivery_id: null,
    started_at: check.queued_at,
    ended_at: enqueued_at,
    attempts: [],
  };
}

function readOf({ check, attempts, content_stored_at }: CheckTrail): CheckStep {
  const isRead = check.verdict !== null || attempts.some(({ step }) => step === 'judge');
  const tries = attempts.map(({ step, ...attempt }): Attempt =>
    step === 'judge'
      ? { ...attempt, ok: true, error: null, ended_at: within(attempt, content_stored_at) }
      : attempt,
  );
  return {
    name: 'read',
    status: isRead ? 'succeeded' : statusOf[check.status],
    detail: check.outcome,
    delivery_id: null,
    started_at: tries[0]?.started_at ?? check.started_at,
    ended_at: content_stored_at ?? tries.at(-1)?.ended_at ?? null,
    attempts: tries,
  };
}

function judgeOf({ check, explanation, attempts, content_stored_at }: CheckTrail): CheckStep {
  const tries = attempts
    .filter(({ step }) => step === 'judge')
    .map(({ step: _, ...attempt }): Attempt => ({
      ...attempt,
      started_at: within(attempt, content_stored_at),
    }));
  const isKnown = check.verdict === 'unchanged' && explanation === null && tries.length === 0;
  const status = (): Status => {
    if (isKnown) return 'skipped';
    if (check.verdict !== null) return 'succeeded';
    if (check.status === 'failed') return tries.length > 0 ? 'failed' : 'skipped';
    return check.status === 'cancelled' ? 'skipped' : 'waiting';
  };
  return {
    name: 'judge',
    status: status(),
    detail: isKnown ? 'The content that was judged last still stands.' : check.verdict,
    delivery_id: null,
    started_at: tries[0]?.started_at ?? null,
    ended_at: tries.at(-1)?.ended_at ?? null,
    attempts: tries,
  };
}

function tellOf({ check, alerted_at, deliveries }: CheckTrail): CheckStep {
  const isOver = check.finished_at !== null;
  const hasToTell = check.alert_id !== null;
  return {
    name: 'tell',
    status: hasToTell ? (deliveries.length > 0 ? 'succeeded' : 'waiting') : isOver ? 'skipped' : 'waiting',
    detail:
      hasToTell && deliveries.length === 0
        ? 'Nobody was told yet, or there is no channel to tell through.'
        : null,
    delivery_id: null,
    started_at: alerted_at,
    ended_at: deliveries[0]?.created_at ?? null,
    attempts: [],
  };
}

function deliveriesOf({ deliveries }: CheckTrail): CheckStep[] {
  return deliveries.map(({ id, channel, target, status, reason, attempts, sent_at, created_at }) => ({
    name: 'deliver',
    status: statusOfDelivery[status],
    detail: `${channel} to ${target}: ${reason ?? status}`,
    delivery_id: id,
    started_at: created_at,
    ended_at: sent_at ?? attempts.at(-1)?.at ?? null,
    attempts: attempts.map(({ at, ok, error, duration_ms }) => ({
      started_at: new Date(Date.parse(at) - duration_ms).toISOString(),
      ended_at: at,
      ok,
      error,
      worker: null,
    })),
  }));
}

function compensationOf({ check, attempts }: CheckTrail): CheckCompensation[] {
  const compensation = attempts.flatMap(({ ok, step, error, ended_at }, index): CheckCompensation[] => {
    const next = attempts[index + 1];
    if (ok === null && ended_at !== null && step !== null) {
      return [{ kind: 'put_back', step, at: ended_at, detail: error }];
    }
    return ok === false && next ? [{ kind: 'tried_again', step, at: next.started_at, detail: error }] : [];
  });
  const end = { at: check.finished_at, detail: check.reason };
  if (check.status === 'cancelled') return [...compensation, { kind: 'called_off', step: null, ...end }];
  if (check.status !== 'failed') return compensation;
  const { step = null } = attempts.at(-1) ?? {};
  if (check.outcome === null) compensation.push({ kind: 'given_up', step, ...end });
  const left =
    step === 'judge'
      ? 'What was read is stored; the next check of the source judges it.'
      : 'The source stays as it was and is checked again when it is due.';
  return [...compensation, { kind: 'left_for_next_check', step, at: check.finished_at, detail: left }];
}

/** A moment that falls into an attempt. */
const within = (
  { started_at, ended_at }: Pick<CheckAttempt, 'started_at' | 'ended_at'>,
  moment: string | null,
) => (moment !== null && moment >= started_at && (ended_at === null || moment <= ended_at) ? moment : null);

const statusOf: Record<Check['status'], Status> = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'skipped',
};

const statusOfDelivery: Record<DeliveryStatus, Status> = {
  queued: 'waiting',
  sending: 'running',
  sent: 'succeeded',
  delivered: 'succeeded',
  bounced: 'failed',
  failed: 'failed',
  suppressed: 'skipped',
};
