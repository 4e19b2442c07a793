import type { NotificationsApi } from '@torale/contracts';
import {
  accountChannel,
  createTestDatabase,
  insertAlert,
  insertDelivery,
  type TestDatabase,
  type TestUser,
} from '@torale/testing';
import { deliverOne, startNotifications } from './notifications-fixture.ts';

let db: TestDatabase;
let service: Awaited<ReturnType<typeof startNotifications>>;
let notifications: NotificationsApi;
let user: TestUser;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startNotifications(db.database, { PUBLIC_URL: 'https://torale.example' });
  notifications = service.api;
});
beforeEach(async () => {
  user = await db.createUser();
});
afterAll(async () => {
  await service.app.close();
  await db.close();
});

const store = (templates: unknown) =>
  db.database.kysely
    .insertInto('notification_templates')
    .values({ user_id: user.id, kind: 'email', templates: JSON.stringify(templates) })
    .execute();

async function mailOf(alert: Parameters<typeof insertAlert>[1] = {}) {
  const { id: alert_id } = await insertAlert(db.database, { user_id: user.id, ...alert });
  const { id: channel_id } = await accountChannel(db.database, user.id);
  const { id } = await insertDelivery(db.database, { alert_id, channel_id });
  expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent' });
  return db.database.kysely
    .selectFrom('outbox_emails')
    .selectAll()
    .where('delivery_id', '=', id)
    .executeTakeFirstOrThrow();
}

const longEvidence = JSON.stringify(
  Array.from({ length: 10 }, () => ({
    kind: 'added',
    before: null,
    after: 'long '.repeat(120),
    path: [],
    source_url: 'https://example.org/',
  })),
);

it('a mail says what its user has chosen to say', async () => {
  await store({
    alert: { title: '!! {{summary}}', text: '{{#changes}}{{before}} is now {{after}}{{/changes}}' },
  });
  const { subject, text_body } = await mailOf();
  expect(subject).toBe('!! The price dropped from $549 to $499.');
  expect(text_body).toMatch(/^Price: \$549 is now Price: \$499\n\n--\n/);
  expect(text_body).toContain('https://torale.example/api/v1/unsubscribe?token=');
});

it.each([
  ['names what there is not', { alert: { title: '{{password}}', text: 'x' } }],
  ['is none', { alert: { title: '{{#summary}}', text: 'x' } }],
  ['becomes too long', { alert: { title: 'x', text: '{{#changes}}{{after}}{{/changes}}'.repeat(300) } }],
  ['has another shape', { alert: 'x' }],
])('a template that %s costs its words, and not the alert', async (_case, templates) => {
  await store(templates);
  const { subject } = await mailOf({ evidence: longEvidence });
  expect(subject).toBe('The price dropped from $549 to $499.');
});

describe('a preview', () => {
  const template = { title: '{{severity}}: {{summary}}', text: '{{sentence}}' };
  const preview = (more: object) =>
    notifications.previewTemplate({ user_id: user.id, kind: 'email', about: 'alert', ...more });

  it('shows an alert of one’s own, or a made-up one, by the template that is given, is in use, or is Torale’s', async () => {
    const { id: alert_id } = await insertAlert(db.database, { user_id: user.id, summary: 'It is in stock.' });
    expect(await preview({ template, alert_id })).toMatchObject({
      title: 'medium: It is in stock.',
      text: expect.stringContaining('Tell me when the price drops'),
      html: expect.stringContaining('<!doctype html>'),
    });
    expect(await preview({ alert_id })).toMatchObject({ title: 'It is in stock.' });
    await store({ alert: { title: 'In use', text: 'x' } });
    expect(await preview({ alert_id })).toMatchObject({ title: 'In use' });
    expect((await preview({ template })).title).toContain('sample');
    for (const about of ['notice', 'digest'] as const) {
      expect((await preview({ about, kind: 'slack' })).html).toBeNull();
    }
  });

  it('shows nobody else’s alert', async () => {
    const { id: alert_id } = await insertAlert(db.database);
    await expect(preview({ template, alert_id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says what is wrong and where', async () => {
    await expect(preview({ template: { ...template, text: 'a\n {{sentense}}' } })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'template.text', message: 'line 2, column 2: there is no variable sentense here' }],
    });
    const { id: alert_id } = await insertAlert(db.database, { user_id: user.id, evidence: longEvidence });
    const text = '{{#changes}}{{after}}{{/changes}}'.repeat(300);
    await expect(preview({ template: { ...template, text }, alert_id })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ path: 'template.text', message: 'what it makes is too long' }],
    });
  });
});

it('templates are checked all at once, and the guide says what they can name', async () => {
  await expect(
    notifications.checkTemplates({
      alert: { title: 'x', text: '{{due_at}}' },
      digest: { title: '{{due_at}}', text: '{{#alerts}}{{summary}}{{/alerts}}' },
    }),
  ).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ path: 'alert.text', message: 'line 1, column 1: there is no variable due_at here' }],
  });
  const { defaults, variables } = await notifications.templateGuide({ kind: 'email' });
  await expect(notifications.checkTemplates(defaults)).resolves.toEqual({});
  expect(variables.digest).toContainEqual({
    name: 'after',
    description: expect.any(String),
    within: ['alerts', 'changes'],
  });
});
