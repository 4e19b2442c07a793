import type { CheckAttempt, CheckRecord } from '@torale/contracts';
import { checkRecordOf, type CheckTrail } from './check-record.ts';

const at = (second: number) => `2026-11-22T08:00:${String(second).padStart(2, '0')}.000Z`;
const attempt = (rest: Partial<CheckAttempt>): CheckAttempt => ({
  started_at: at(1),
  ended_at: at(2),
  ok: true,
  step: 'read',
  error: null,
  worker: 'here:1',
  ...rest,
});

const { check: queued, ...untouched }: CheckTrail = {
  check: {
    id: 'a',
    source_id: 'b',
    trigger: 'schedule',
    status: 'queued',
    outcome: null,
    verdict: null,
    reason: null,
    alert_id: null,
    queued_at: at(0),
    started_at: null,
    finished_at: null,
  },
  explanation: null,
  attempts: [],
  enqueued_at: null,
  not_before: at(0),
  is_held: false,
  content_stored_at: null,
  alerted_at: null,
  deliveries: [],
};
const record = ({
  check,
  ...rest
}: Partial<Omit<CheckTrail, 'check'>> & { check?: Partial<CheckTrail['check']> }) =>
  checkRecordOf({ ...untouched, ...rest, check: { ...queued, ...check } });
const statuses = ({ steps }: CheckRecord) => steps.map(({ name, status }) => `${name} ${status}`);
const kinds = ({ compensation }: CheckRecord) => compensation.map(({ kind, step }) => [kind, step]);

describe('the record of a check', () => {
  test('that waits to be handed over', () => {
    expect(statuses(record({}))).toEqual([
      'dispatch waiting',
      'read waiting',
      'judge waiting',
      'tell waiting',
    ]);
  });

  test('that runs', () => {
    const running = record({
      check: { status: 'running', started_at: at(1) },
      enqueued_at: at(1),
      attempts: [attempt({ ended_at: null, ok: null, step: null })],
    });
    expect(statuses(running)).toEqual([
      'dispatch succeeded',
      'read running',
      'judge waiting',
      'tell waiting',
    ]);
    expect(running.steps[1]!.attempts).toMatchObject([{ started_at: at(1), ended_at: null, ok: null }]);
    expect(running.compensation).toEqual([]);
  });

  test('that was put back to wait for its turn at a host', () => {
    const held = record({
      attempts: [attempt({ ok: null, error: 'Others are before this' })],
      not_before: at(40),
      is_held: true,
    });
    expect(held.steps[0]).toMatchObject({
      status: 'waiting',
      detail: `It waits for its turn until ${at(40)}.`,
    });
    expect(held.compensation).toEqual([
      { kind: 'put_back', step: 'read', at: at(2), detail: 'Others are before this' },
    ]);
  });

  test('that found the content that was judged last', () => {
    const unchanged = record({
      check: { status: 'succeeded', outcome: 'not_modified', verdict: 'unchanged', finished_at: at(2) },
      enqueued_at: at(1),
      attempts: [attempt({})],
    });
    expect(statuses(unchanged)).toEqual([
      'dispatch succeeded',
      'read succeeded',
      'judge skipped',
      'tell skipped',
    ]);
    expect(unchanged.compensation).toEqual([]);
  });

  test('that could not read its page', () => {
    const unreadable = record({
      check: {
        status: 'failed',
        outcome: 'server_error',
        finished_at: at(2),
        reason: 'The site answered 500.',
      },
      enqueued_at: at(1),
      attempts: [attempt({ ok: false, error: 'The site answered 500.' })],
    });
    expect(statuses(unreadable)).toEqual([
      'dispatch succeeded',
      'read failed',
      'judge skipped',
      'tell skipped',
    ]);
    expect(kinds(unreadable)).toEqual([['left_for_next_check', 'read']]);
  });

  test('that was given up after its content was stored', () => {
    const givenUp = record({
      check: { status: 'failed', finished_at: at(9), reason: 'Torale could not run this check: away' },
      enqueued_at: at(1),
      attempts: [
        attempt({ ok: false, step: null, error: 'The worker stopped or took too long.' }),
        attempt({ ok: false, step: 'judge', error: 'away', started_at: at(5), ended_at: at(6) }),
      ],
    });
    expect(statuses(givenUp)).toEqual([
      'dispatch succeeded',
      'read succeeded',
      'judge failed',
      'tell skipped',
    ]);
    expect(givenUp.steps[1]!.attempts.map(({ ok }) => ok)).toEqual([false, true]);
    expect(givenUp.steps[2]!.attempts).toMatchObject([{ ok: false, error: 'away' }]);
    expect(kinds(givenUp)).toEqual([
      ['tried_again', null],
      ['given_up', 'judge'],
      ['left_for_next_check', 'judge'],
    ]);
    expect(givenUp.compensation.at(-1)!.detail).toContain('the next check of the source judges it');
  });

  test('that nobody wanted any more', () => {
    const off = record({
      check: { status: 'cancelled', finished_at: at(2), reason: 'The user query is paused.' },
      enqueued_at: at(1),
      attempts: [attempt({ ok: null, step: null, error: 'The user query is paused.' })],
    });
    expect(statuses(off)).toEqual(['dispatch succeeded', 'read skipped', 'judge skipped', 'tell skipped']);
    expect(off.compensation).toEqual([
      { kind: 'called_off', step: null, at: at(2), detail: 'The user query is paused.' },
    ]);
  });

  test('whose alert nobody was told yet, and whose deliveries end differently', () => {
    const alerted = {
      check: { status: 'succeeded', outcome: 'ok', verdict: 'alert', alert_id: 'c', finished_at: at(3) },
      enqueued_at: at(1),
      alerted_at: at(3),
      attempts: [attempt({ step: 'judge' })],
    } as const;
    expect(statuses(record({ ...alerted, attempts: [...alerted.attempts] })).slice(3)).toEqual([
      'tell waiting',
    ]);
    const delivery = {
      id: 'd',
      channel: 'email',
      target: 'a@b.c',
      reason: null,
      attempts: [],
      sent_at: null,
    } as const;
    const told = record({
      ...alerted,
      attempts: [...alerted.attempts],
      deliveries: (['queued', 'sending', 'delivered', 'bounced', 'suppressed'] as const).map((status) => ({
        ...delivery,
        attempts: [],
        status,
        created_at: at(4),
      })),
    });
    expect(statuses(told).slice(3)).toEqual([
      'tell succeeded',
      'deliver waiting',
      'deliver running',
      'deliver succeeded',
      'deliver failed',
      'deliver skipped',
    ]);
  });
});
