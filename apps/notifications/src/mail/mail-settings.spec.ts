import { notificationsConfig } from '../notifications.config.ts';
import { mailSettingsOf } from './mail-settings.ts';

const settings = (environment: Record<string, string>) =>
  mailSettingsOf(notificationsConfig.schema.parse(environment));
const from = { name: 'Torale', address: 'alerts@example.org' };

describe('mailSettingsOf', () => {
  it('keeps mails in the outbox when there is no provider', () => {
    expect(settings({})).toEqual({ provider: 'outbox' });
    expect(settings({ MAIL_FROM: 'alerts@example.org' })).toEqual({ provider: 'outbox' });
  });

  it('sends through SMTP when there is a server', () => {
    expect(settings({ SMTP_URL: 'smtp://mail.test', MAIL_FROM: 'Torale <alerts@example.org>' })).toEqual({
      provider: 'smtp',
      url: 'smtp://mail.test',
      from,
      timeoutMs: 10_000,
    });
  });

  it('prefers SendGrid', () => {
    const environment = {
      SENDGRID_API_KEY: 'SG.key',
      SMTP_URL: 'smtp://mail.test',
      MAIL_FROM: '"Torale" <alerts@example.org>',
    };
    expect(settings(environment)).toEqual({
      provider: 'sendgrid',
      apiKey: 'SG.key',
      baseUrl: 'https://api.sendgrid.com',
      from,
      timeoutMs: 10_000,
    });
  });

  it.each(['SENDGRID_API_KEY', 'SMTP_URL'])('refuses %s without a sender', (variable) => {
    expect(() => settings({ [variable]: 'smtp://mail.test' })).toThrow(
      `MAIL_FROM: is required together with ${variable}`,
    );
  });

  it.each(['nobody', 'a@example.org, b@example.org', 'Torale <>', ''])(
    'refuses the sender %j',
    (MAIL_FROM) => {
      expect(notificationsConfig.schema.safeParse({ MAIL_FROM }).error?.issues).toMatchObject([
        { path: ['MAIL_FROM'] },
      ]);
    },
  );

  it.each([
    ['SMTP_URL', 'https://mail.test'],
    ['SENDGRID_BASE_URL', 'ftp://api.test'],
    ['DELIVERY_MAX_ATTEMPTS', '0'],
    ['DELIVERY_TIMEOUT_MS', '30000'],
  ])('refuses %s=%s', (variable, value) => {
    expect(notificationsConfig.schema.safeParse({ [variable]: value }).error?.issues).toMatchObject([
      { path: [variable] },
    ]);
  });
});
