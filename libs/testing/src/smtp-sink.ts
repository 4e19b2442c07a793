import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  /** Envelope addresses, which may differ from the headers. */
  from: string;
  to: string[];
  /** The message as it went over the wire. */
  raw: string;
  parsed: Email;
}

export interface SmtpRejection {
  at: 'sender' | 'recipient' | 'data';
  /** An SMTP reply code, e.g. 451 (try again) or 550 (no such mailbox). */
  code: number;
  message: string;
}

/** A mail server on loopback that keeps what it gets. Speaks plain SMTP, asks for no login unless given one. */
export class SmtpSink {
  readonly mails: ReceivedMail[] = [];
  private readonly rejections: (SmtpRejection | 'hang')[] = [];

  private constructor(
    private readonly server: SMTPServer,
    readonly url: string,
  ) {}

  /** With `login`, mail is taken only after AUTH with exactly these. */
  static async start(login?: { user: string; password: string }): Promise<SmtpSink> {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: !login,
      allowInsecureAuth: true,
      logger: false,
      closeTimeout: 100,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sink = new SmtpSink(server, `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`);

    server.onAuth = (auth, _session, callback) => {
      if (auth.username === login?.user && auth.password === login?.password) {
        callback(null, { user: auth.username });
      } else {
        callback(smtpError(535, 'Authentication failed'));
      }
    };
    const answer = (at: SmtpRejection['at'], callback: (error?: Error) => void) => {
      const rejection = sink.takeRejection(at);
      if (rejection !== 'hang') callback(rejection && smtpError(rejection.code, rejection.message));
    };
    server.onMailFrom = (_address, _session, callback) => answer('sender', callback);
    server.onRcptTo = (_address, _session, callback) => answer('recipient', callback);
    server.onData = async (stream, session, callback) => {
      const raw = await buffer(stream);
      const rejection = sink.takeRejection('data');
      if (rejection) {
        if (rejection !== 'hang') callback(smtpError(rejection.code, rejection.message));
        return;
      }
      const { mailFrom, rcptTo } = session.envelope;
      sink.mails.push({
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map((recipient) => recipient.address),
        raw: raw.toString('utf8'),
        parsed: await PostalMime.parse(raw),
      });
      callback(null, 'queued');
    };
    return sink;
  }

  /** Scripts what happens to the next mails, one each: refused, or left without an answer. */
  rejectNext(...rejections: (SmtpRejection | 'hang')[]): void {
    this.rejections.push(...rejections);
  }

  /** The next rejection, if it is due at this point of the conversation; `hang` is due at the first. */
  private takeRejection(at: SmtpRejection['at']): SmtpRejection | 'hang' | undefined {
    const [next] = this.rejections;
    return next === 'hang' || next?.at === at ? this.rejections.shift() : undefined;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
