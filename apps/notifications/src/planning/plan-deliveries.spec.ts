import { planDeliveries } from './plan-deliveries.ts';

const channels = [
  { id: 'c1', kind: 'email' as const, target: 'account@example.org' },
  { id: 'c2', kind: 'webhook' as const, target: 'https://one.example/hook' },
];

describe('planDeliveries', () => {
  it('plans one per channel', () => {
    expect(planDeliveries('low', { min_severity: 'low', channels })).toEqual([
      { channel_id: 'c1', channel: 'email', target: 'account@example.org', status: 'queued' },
      { channel_id: 'c2', channel: 'webhook', target: 'https://one.example/hook', status: 'queued' },
    ]);
  });

  it.each([
    ['low', 'low', 'queued'],
    ['low', 'medium', 'suppressed'],
    ['medium', 'medium', 'queued'],
    ['medium', 'high', 'suppressed'],
    ['high', 'medium', 'queued'],
  ] as const)('an alert of %s with min_severity %s is %s', (severity, min_severity, status) => {
    const planned = planDeliveries(severity, { min_severity, channels });
    expect(planned.map((delivery) => delivery.status)).toEqual([status, status]);
  });
});
