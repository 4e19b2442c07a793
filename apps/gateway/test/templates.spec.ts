import { AppError } from '@torale/contracts';
import { type Api, type GatewayHarness, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  ({ api } = await gateway.newUser());
});
afterAll(() => gateway.close());

const mine = { title: 'Look: {{summary}}', text: '{{sentence}}' };
const email = { params: { kind: 'email' } };

test('templates are one’s own, by kind of channel, and what is left out is Torale’s', async () => {
  const none = { alert: null, notice: null, digest: null };
  expect((await api.ok('getTemplates', email)).body).toMatchObject({
    kind: 'email',
    templates: none,
    updated_at: null,
    defaults: { alert: { title: 'Title', text: 'Text' } },
  });

  const { body } = await api.ok('putTemplates', { ...email, body: { alert: mine } });
  expect(body).toMatchObject({ templates: { ...none, alert: mine }, updated_at: expect.any(String) });
  expect((await api.ok('getTemplates', email)).body).toEqual(body);
  await api.ok('putTemplates', { ...email, body: { notice: mine, alert: null } });
  expect((await api.ok('getTemplates', email)).body.templates).toEqual({ ...none, notice: mine });

  const others = [api, (await gateway.newUser()).api] as const;
  expect((await others[0].ok('getTemplates', { params: { kind: 'slack' } })).body.templates).toEqual(none);
  expect((await others[1].ok('getTemplates', email)).body.templates).toEqual(none);

  for (let time = 0; time < 2; time++) await api.ok('deleteTemplates', email);
  expect((await api.ok('getTemplates', email)).body.templates).toEqual(none);
});

test('what is no template is refused and not stored', async () => {
  const errors = [{ path: 'alert.text', message: 'line 1, column 1: there is no variable nothing here' }];
  gateway.notifications.checkTemplates.mockRejectedValueOnce(
    new AppError('invalid_request', undefined, { errors }),
  );
  const problem = await api.problem('putTemplates', { ...email, body: { alert: mine } });
  expect(problem).toMatchObject({ code: 'invalid_request', errors });
  expect((await api.ok('getTemplates', email)).body.templates.alert).toBeNull();
});

test.each([
  [{ params: { kind: 'webhook' }, body: {} }, 'params.kind'],
  [{ ...email, body: { alert: { title: '', text: 'x' } } }, 'alert.title'],
  [{ ...email, body: { alert: { title: 'x', text: 'x'.repeat(10_001) } } }, 'alert.text'],
  [{ ...email, body: { alert: { title: 'x', text: 'x', html: '<b>' } } }, 'alert'],
  [{ ...email, body: { verification: mine } }, 'body'],
])('%j is refused by its %s', async (input, path) => {
  const problem = await api.problem('putTemplates', input);
  expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
});

test('a preview is the caller’s', async () => {
  const { user, api: other } = await gateway.newUser();
  const rendered = { title: 'T', text: 'Text', html: '<p>Text</p>' };
  gateway.notifications.previewTemplate.mockResolvedValueOnce(rendered);
  const { body } = await other.ok('previewTemplate', { body: { kind: 'email', template: mine } });
  expect(body).toEqual(rendered);
  expect(gateway.notifications.previewTemplate).toHaveBeenLastCalledWith({
    user_id: user.id,
    kind: 'email',
    about: 'alert',
    template: mine,
  });
});
