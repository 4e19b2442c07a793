import type { NotificationsApi } from '@torale/contracts';
import {
  createTestDatabase,
  FakeSendGrid,
  insertAlert,
  insertDelivery,
  SmtpSink,
  type TestDatabase,
} from '@torale/testing';
import { deliverOne, readDelivery, startNotifications } from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>> | undefined;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await service?.app.close();
  service = undefined;
});
afterAll(() => db.close());

const start = async (environment: Record<string, string>): Promise<NotificationsApi> => {
  service = await startNotifications(db.database, environment);
  return service.api;
};
const insertEmail = async (alert: Parameters<typeof insertAlert>[1] = {}, target = 'anna@example.org') =>
  insertDelivery(db.database, { alert_id: (await insertAlert(db.database, alert)).id, target });
const hostile = {
  summary: 'Price dropped\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script> 税込',
};

describe('the outbox', () => {
  const keptOf = (deliveryId: string) =>
    db.database.kysely
      .selectFrom('outbox_emails')
      .selectAll()
      .where('delivery_id', '=', deliveryId)
      .execute();

  it('keeps the mail for its owner', async () => {
    const notifications = await start({});
    const delivery = await insertEmail();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'sent',
      retry: false,
      detail: null,
    });
    const [mail, ...others] = await keptOf(delivery.id);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      user_id: delivery.user_id,
      to_address: 'anna@example.org',
      subject: 'The price dropped from $549 to $499.',
    });
    expect(mail!.text_body).toContain('  − Price: $549\n  + Price: $499');
    expect(mail!.html_body).toContain('499</ins>');
    expect(await readDelivery(db.database, delivery.id)).toMatchObject({
      status: 'sent',
      provider: 'outbox',
      attempts: [{ ok: true, response_status: null }],
    });
  });

  it('keeps it once, although the attempt is made again after a crash', async () => {
    const notifications = await start({});
    const delivery = await insertEmail();
    await deliverOne(notifications, delivery.id);
    await db.database.kysely
      .updateTable('notification_deliveries')
      .set({ status: 'queued', sent_at: null })
      .where('id', '=', delivery.id)
      .execute();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    expect(await keptOf(delivery.id)).toHaveLength(1);
  });
});

describe('SMTP', () => {
  let sink: SmtpSink;
  const login = { user: 'torale', password: 'correct horse' };
  const environment = (userInfo = 'torale:correct%20horse') => ({
    SMTP_URL: sink.url.replace('smtp://', `smtp://${userInfo}@`),
    MAIL_FROM: 'Torale Alerts <alerts@torale.example>',
  });

  beforeEach(async () => {
    sink = await SmtpSink.start(login);
  });
  afterEach(() => sink.close());

  it('carries the mail', async () => {
    const notifications = await start(environment());
    const delivery = await insertEmail();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    expect(sink.mails).toHaveLength(1);
    expect(sink.mails[0]).toMatchObject({
      from: 'alerts@torale.example',
      to: ['anna@example.org'],
      parsed: {
        from: { name: 'Torale Alerts', address: 'alerts@torale.example' },
        to: [{ address: 'anna@example.org' }],
        subject: 'The price dropped from $549 to $499.',
        messageId: `<${delivery.id}@torale.example>`,
        text: expect.stringContaining('  + Price: $499'),
        html: expect.stringContaining('499</ins>'),
      },
    });
    expect(sink.mails[0]!.parsed.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
    expect(await readDelivery(db.database, delivery.id)).toMatchObject({
      provider: 'smtp',
      attempts: [{ ok: true, response_status: 250 }],
    });
  });

  it('carries the headers that end it with one click', async () => {
    const notifications = await start({ ...environment(), PUBLIC_URL: 'https://torale.example' });
    const delivery = await insertEmail();
    await deliverOne(notifications, delivery.id);
    const header = (name: string) => sink.mails[0]!.parsed.headers.find(({ key }) => key === name)?.value;
    expect(header('list-unsubscribe')).toMatch(
      /^<https:\/\/torale\.example\/api\/v1\/unsubscribe\?token=[\w.-]+>$/,
    );
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  });

  it('carries no header and no recipient that a page or a preference smuggled in', async () => {
    const notifications = await start(environment());
    const delivery = await insertEmail(hostile, 'anna@example.org, victim@example.org');
    await deliverOne(notifications, delivery.id);
    const second = await insertEmail(hostile);
    await deliverOne(notifications, second.id);
    const [mail, ...others] = sink.mails.filter(({ to }) => to.includes('anna@example.org'));
    expect(others).toEqual([]);
    expect(sink.mails.flatMap(({ to }) => to)).not.toContain('victim@example.org');
    expect(mail!.parsed.bcc ?? []).toEqual([]);
    expect(mail!.parsed.subject).toBe('Price dropped Bcc: victim@example.org <script>alert(1)</script> 税込');
  });

  it.each([
    ['a busy mailbox', { at: 'recipient', code: 451, message: 'Try again later' }, 'queued', 451],
    ['a refused recipient', { at: 'recipient', code: 550, message: 'No such mailbox' }, 'failed', 550],
    ['a refused sender', { at: 'sender', code: 550, message: 'Sender not allowed' }, 'queued', 550],
    ['a full server', { at: 'data', code: 452, message: 'Insufficient storage' }, 'queued', 452],
    ['a refused message', { at: 'data', code: 554, message: 'Spam' }, 'failed', 554],
  ] as const)('meets %s', async (_case, rejection, status, code) => {
    sink.rejectNext(rejection);
    const notifications = await start(environment());
    const delivery = await insertEmail();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status,
      retry: status === 'queued',
      detail: expect.stringContaining(rejection.message),
    });
    expect(await readDelivery(db.database, delivery.id)).toMatchObject({
      status,
      attempts: [{ ok: false, response_status: code }],
    });
    expect(sink.mails).toEqual([]);
  });

  it('waits for the operator when the login is refused', async () => {
    const notifications = await start(environment('torale:stale-password'));
    const delivery = await insertEmail();
    const answer = await deliverOne(notifications, delivery.id);
    expect(answer).toMatchObject({ status: 'queued', retry: true });
    expect(answer.detail).not.toContain('stale-password');
  });

  it('gives up waiting for a server that does not answer', async () => {
    sink.rejectNext('hang');
    const notifications = await start({ ...environment(), DELIVERY_TIMEOUT_MS: '500' });
    const delivery = await insertEmail();
    const startedAt = Date.now();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
      detail: 'The mail server did not answer in time.',
    });
    // Others wait for ten seconds.
    expect(Date.now() - startedAt).toBeLessThan(9_000);
  });

  it('tries again when the server is down', async () => {
    const notifications = await start(environment());
    await sink.close();
    const delivery = await insertEmail();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
      detail: 'The mail server could not be reached (ESOCKET).',
    });
    sink = await SmtpSink.start();
  });
});

describe('SendGrid', () => {
  let sendGrid: FakeSendGrid;
  const apiKey = 'SG.the-key-of-these-tests';
  const environment = (key = apiKey) => ({
    SENDGRID_API_KEY: key,
    SENDGRID_BASE_URL: sendGrid.url,
    MAIL_FROM: 'Torale <alerts@torale.example>',
  });

  beforeEach(async () => {
    sendGrid = await FakeSendGrid.start(apiKey);
  });
  afterEach(() => sendGrid.close());

  it('carries the mail', async () => {
    const notifications = await start(environment());
    const delivery = await insertEmail(hostile);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    expect(sendGrid.mails).toEqual([
      expect.objectContaining({
        personalizations: [expect.objectContaining({ to: [{ email: 'anna@example.org' }] })],
        from: { email: 'alerts@torale.example', name: 'Torale' },
        subject: 'Price dropped Bcc: victim@example.org <script>alert(1)</script> 税込',
        content: [
          { type: 'text/plain', value: expect.stringContaining('  + Price: $499') },
          { type: 'text/html', value: expect.stringContaining('499</ins>') },
        ],
        headers: {
          'Auto-Submitted': 'auto-generated',
          'Message-ID': `<${delivery.id}@torale.example>`,
        },
        custom_args: { delivery_id: delivery.id },
        tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
      }),
    ]);
    expect(await readDelivery(db.database, delivery.id)).toMatchObject({
      provider: 'sendgrid',
      attempts: [{ ok: true, response_status: 202 }],
    });
  });

  it.each([
    [429, 'SendGrid answered 429: too many requests'],
    [500, 'SendGrid answered 500: Internal server error'],
    [403, 'SendGrid answered 403: The from address does not match a verified Sender Identity.'],
  ] as const)('is asked again after %i', async (status, detail) => {
    sendGrid.failNext(status);
    const notifications = await start(environment());
    const delivery = await insertEmail();
    const answer = await deliverOne(notifications, delivery.id);
    expect(answer).toMatchObject({ status: 'queued', retry: true });
    expect(answer.detail).toContain(detail);
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({ status: 'sent' });
    const { attempts } = await readDelivery(db.database, delivery.id);
    expect(attempts).toMatchObject([
      { ok: false, response_status: status, error: answer.detail },
      { ok: true },
    ]);
  });

  it('is asked again when the key is wrong, without telling the key', async () => {
    const notifications = await start(environment('SG.a-revoked-key'));
    const delivery = await insertEmail();
    const answer = await deliverOne(notifications, delivery.id);
    expect(answer).toMatchObject({ status: 'queued', retry: true });
    expect(answer.detail).toContain('401: The provided authorization grant is invalid, expired, or revoked');
    expect(JSON.stringify(await readDelivery(db.database, delivery.id))).not.toContain('SG.a-revoked-key');
  });

  it('is not asked again for an address that it refuses', async () => {
    const notifications = await start(environment());
    const delivery = await insertEmail({}, 'not an address');
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'failed',
      retry: false,
      detail: 'SendGrid answered 400: Does not contain a valid address.',
    });
  });

  it('is asked again when it does not answer', async () => {
    sendGrid.failNext('hang');
    const notifications = await start({ ...environment(), DELIVERY_TIMEOUT_MS: '500' });
    const delivery = await insertEmail();
    const startedAt = Date.now();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
    });
    // Others wait for ten seconds.
    expect(Date.now() - startedAt).toBeLessThan(9_000);
  });

  it('is asked again when it is down', async () => {
    const notifications = await start(environment());
    await sendGrid.close();
    const delivery = await insertEmail();
    expect(await deliverOne(notifications, delivery.id)).toMatchObject({
      status: 'queued',
      retry: true,
      detail: 'SendGrid could not be reached (ECONNREFUSED).',
    });
    sendGrid = await FakeSendGrid.start(apiKey);
  });
});

it('does not start with a provider that lacks its sender', async () => {
  await expect(start({ SENDGRID_API_KEY: 'SG.key' })).rejects.toThrow(
    'MAIL_FROM: is required together with SENDGRID_API_KEY',
  );
});
