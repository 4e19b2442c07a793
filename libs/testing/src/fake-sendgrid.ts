import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface SendGridAddress {
  email: string;
  name?: string;
}

/** Body of `POST /v3/mail/send`, as far as Torale uses it. */
export interface SendGridMail {
  personalizations: { to: SendGridAddress[]; headers?: Record<string, string> }[];
  from: SendGridAddress;
  subject: string;
  content: { type: string; value: string }[];
  headers?: Record<string, string>;
  custom_args?: Record<string, string>;
  tracking_settings?: Record<string, unknown>;
}

interface SendGridError {
  message: string;
  field: string | null;
  help: string | null;
}

/** Headers that SendGrid sets itself and answers 400 for. */
const reservedHeaders = [
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
];

const failures: Record<number, SendGridError[]> = {
  403: [
    {
      message:
        'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
      field: 'from',
      help: null,
    },
  ],
  429: [{ message: 'too many requests', field: null, help: null }],
  500: [{ message: 'Internal server error', field: null, help: null }],
};

/** SendGrid's `v3/mail/send` and its signed events on loopback: the same checks, statuses and error bodies for what Torale sends. */
export class FakeSendGrid {
  /** Mails that were accepted (202). */
  readonly mails: SendGridMail[] = [];
  private readonly script: (number | 'hang')[] = [];
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  private constructor(
    private readonly server: Server,
    private readonly apiKey: string,
  ) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  static async start(apiKey: string): Promise<FakeSendGrid> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeSendGrid(server, apiKey);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What SendGrid shows as the verification key of its event webhook. */
  get verificationKey(): string {
    return this.keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  }

  /**
   * A request of the signed event webhook, as SendGrid posts it.
   * @param sentAt when it says it was signed
   */
  signEvents(
    events: readonly object[],
    sentAt = new Date(),
  ): { body: string; signature: string; timestamp: string; headers: Record<string, string> } {
    // One event a line, as SendGrid writes them.
    const body = `[${events.map((event) => JSON.stringify(event)).join(',\r\n')}]\r\n`;
    const timestamp = String(Math.floor(sentAt.getTime() / 1000));
    const signature = sign('sha256', Buffer.from(timestamp + body), this.keys.privateKey).toString('base64');
    const headers = {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': timestamp,
    };
    return { body, signature, timestamp, headers };
  }

  /** The next requests fail with these statuses, one each; `hang` never answers. */
  failNext(...statuses: (403 | 429 | 500 | 'hang')[]): void {
    this.script.push(...statuses);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const send = (status: number, errors: SendGridError[]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));

    if (request.method !== 'POST' || request.url !== '/v3/mail/send') {
      send(404, [{ message: 'not found', field: null, help: null }]);
      return;
    }
    if (request.headers.authorization !== `Bearer ${this.apiKey}`) {
      const message = 'The provided authorization grant is invalid, expired, or revoked';
      send(401, [{ message, field: null, help: null }]);
      return;
    }
    const scripted = this.script.shift();
    if (scripted === 'hang') return;
    if (scripted !== undefined) {
      send(scripted, failures[scripted] ?? []);
      return;
    }
    const mail = parse(body);
    const errors = mail ? faultsOf(mail) : [{ message: 'Bad Request', field: null, help: null }];
    if (!mail || errors.length > 0) {
      send(400, errors);
      return;
    }
    this.mails.push(mail);
    response.writeHead(202, { 'x-message-id': randomUUID() }).end();
  }
}

function parse(body: string): SendGridMail | undefined {
  try {
    return JSON.parse(body) as SendGridMail;
  } catch {
    return undefined;
  }
}

function faultsOf(mail: SendGridMail): SendGridError[] {
  const errors: SendGridError[] = [];
  const fault = (field: string, message: string) => errors.push({ message, field, help: null });
  const isAddress = (value: SendGridAddress | undefined) => /^[^\s@,;]+@[^\s@,;]+$/.test(value?.email ?? '');

  if (!isAddress(mail.from)) fault('from.email', 'The from email does not contain a valid address.');
  if (!mail.personalizations?.length) {
    fault(
      'personalizations',
      'The personalizations field is required and must have at least one personalization.',
    );
  }
  mail.personalizations?.forEach((personalization, index) =>
    personalization.to.forEach((to, position) => {
      if (!isAddress(to)) {
        fault(`personalizations.${index}.to.${position}.email`, 'Does not contain a valid address.');
      }
    }),
  );
  if (!mail.subject) fault('subject', 'The subject is required.');
  if (!mail.content?.length || mail.content.some((part) => !part.value)) {
    fault('content', 'The content value must be a string at least one character in length.');
  }
  if ((mail.content?.findIndex((part) => part.type === 'text/plain') ?? -1) > 0) {
    fault('content', 'If present, text/plain must be first, followed by text/html.');
  }
  for (const name of Object.keys(mail.headers ?? {})) {
    if (reservedHeaders.includes(name.toLowerCase())) {
      fault(`headers.${name}`, 'The header is reserved and cannot be used.');
    }
  }
  for (const [name, value] of Object.entries(mail.custom_args ?? {})) {
    if (typeof value !== 'string') fault(`custom_args.${name}`, 'The value must be a string.');
  }
  return errors;
}
