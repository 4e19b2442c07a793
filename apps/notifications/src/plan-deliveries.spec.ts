import { defaultNotificationPreferences } from '@torale/contracts';
import { planDeliveries, type Recipient } from './plan-deliveries.ts';

const recipient = (changes: Partial<Recipient['preferences']> = {}): Recipient => ({
  preferences: { ...defaultNotificationPreferences, ...changes },
  account_email: 'account@example.org',
  webhooks: [
    { id: 'w1', url: 'https://one.example/hook' },
    { id: 'w2', url: 'https://two.example/hook' },
  ],
});
const targets = (planned: { target: string }[]) => planned.map(({ target }) => target);

describe('planDeliveries', () => {
  it('plans one e-mail and one per webhook', () => {
    expect(planDeliveries('low', recipient())).toEqual([
      { channel: 'email', target: 'account@example.org', webhook_endpoint_id: null, status: 'queued' },
      { channel: 'webhook', target: 'https://one.example/hook', webhook_endpoint_id: 'w1', status: 'queued' },
      { channel: 'webhook', target: 'https://two.example/hook', webhook_endpoint_id: 'w2', status: 'queued' },
    ]);
  });

  it('leaves out a channel that is switched off', () => {
    expect(targets(planDeliveries('high', recipient({ email_enabled: false })))).toEqual([
      'https://one.example/hook',
      'https://two.example/hook',
    ]);
    expect(targets(planDeliveries('high', recipient({ webhook_enabled: false })))).toEqual([
      'account@example.org',
    ]);
  });

  it('prefers the address of the preferences to that of the account', () => {
    const preferring = recipient({ email_address: 'other@example.org', webhook_enabled: false });
    expect(targets(planDeliveries('low', preferring))).toEqual(['other@example.org']);
  });

  it('plans no e-mail for an account without an address', () => {
    const nameless = { ...recipient({ webhook_enabled: false }), account_email: null };
    expect(planDeliveries('high', nameless)).toEqual([]);
  });

  it.each([
    ['low', 'low', 'queued'],
    ['low', 'medium', 'suppressed'],
    ['medium', 'medium', 'queued'],
    ['medium', 'high', 'suppressed'],
    ['high', 'medium', 'queued'],
  ] as const)('an alert of %s with min_severity %s is %s', (severity, min_severity, status) => {
    const planned = planDeliveries(severity, recipient({ min_severity }));
    expect(planned.map((delivery) => delivery.status)).toEqual([status, status, status]);
  });
});
