import type { Audit } from './audit.repository.ts';
import { judge, type Evidence } from './judge.ts';
import type { ReceivedMessage } from './unreliable-receiver.ts';

const alert = {
  id: 'a1',
  path: '/page/0',
  after: '["$1001.00"]',
  webhooks: 1,
  emails: 1,
  mails: 1,
};
const message: ReceivedMessage = {
  hook: 'hook-0',
  alertId: 'a1',
  prices: [1001],
  requests: 1,
  accepted: true,
  afterAnswer: 0,
};
const fine: Audit = {
  sources: 1,
  checks: 2,
  alerts: [alert],
  unsettled: [],
  overdue: [],
  stuck: [],
  overlapping: [],
  notices: 0,
  failedChecks: 0,
  deadLetters: {},
};
const violationsOf = ({
  audit = {},
  messages = [message],
  forged = [],
  memory = [],
}: {
  audit?: Partial<Audit>;
  messages?: ReceivedMessage[];
  forged?: string[];
  memory?: Evidence['memory'];
}) =>
  judge({
    audit: { ...fine, ...audit },
    changes: [{ path: '/page/0', price: 1001 }],
    receiver: {
      messages: new Map(messages.map((received, index) => [String(index), received])),
      forged,
      requests: messages.length,
      counts: {},
    },
    killed: new Map(),
    failedStarts: 0,
    memory,
    settledSeconds: 1,
  }).violations;

test('one alert, one mail and one accepted webhook for a change are right', () => {
  expect(violationsOf({})).toEqual([]);
});

test.each<[string, Parameters<typeof violationsOf>[0], RegExp[]]>([
  ['a lost change', { audit: { alerts: [] }, messages: [] }, [/change of \/page\/0 to \$1001 was lost/]],
  [
    'a second alert of one change',
    {
      audit: { alerts: [alert, { ...alert, id: 'a2' }] },
      messages: [message, { ...message, alertId: 'a2' }],
    },
    [/has 2 alerts: a1, a2/],
  ],
  [
    'an alert of nothing',
    {
      audit: { alerts: [alert, { ...alert, id: 'a2', after: '["In stock"]' }] },
      messages: [message, { ...message, alertId: 'a2' }],
    },
    [/a2 of \/page\/0 tells of no change/],
  ],
  ['a webhook that was never accepted', { messages: [{ ...message, accepted: false }] }, [/0 accepted/]],
  ['one alert in two messages', { messages: [message, message] }, [/2 accepted webhooks/]],
  ['a message about nothing', { messages: [message, { ...message, alertId: 'x' }] }, [/x, which does not/]],
  ['two mails', { audit: { alerts: [{ ...alert, mails: 2 }] } }, [/2 mails in the outbox/]],
  [
    'a missing mail',
    { audit: { alerts: [{ ...alert, emails: 0, mails: 0 }] } },
    [/0 mail del/, /0 mails in/],
  ],
  ['a forged request', { forged: ['hook-0: no matching signature'] }, [/no matching signature/]],
  ['a delivery that is open', { audit: { unsettled: ['delivery d1'] } }, [/d1/]],
  ['a source that is overdue', { audit: { overdue: ['page'] } }, [/page/]],
  ['a check that never ends', { audit: { stuck: ['check c1'] } }, [/c1/]],
  ['two checks at once', { audit: { overlapping: ['checks c1 and c2'] } }, [/c1 and c2/]],
  ['a notice about a sound page', { audit: { notices: 1 } }, [/1 notices/]],
  ['a delivery job that was given up', { audit: { deadLetters: { 'deliver-exhausted': 1 } } }, [/given up/]],
  [
    'memory that grows',
    { memory: Array.from({ length: 40 }, (_, life) => ({ name: 'worker', megabytes: 100 + life * 5 })) },
    [/worker grew from/],
  ],
])('finds %s', (_what, evidence, expected) => {
  expect(violationsOf(evidence)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});
