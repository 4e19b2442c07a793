import { Inject, Injectable } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { OUTBOUND_HTTP, OutboundError, type OutboundHttp } from '@torale/outbound-http';
import { notificationsConfig } from '../notifications.config.ts';
import { singleLine } from '../single-line.ts';
import type { Receipt } from './delivery-channel.ts';
import { DeliveryFailure, type FailureKind } from './delivery-failure.ts';

/** Some receivers answer with a whole page. */
const maxAnswerBytes = 1024 * 1024;
const excerptLength = 200;
const longestRetryAfterSeconds = 86_400;

export interface ChannelAnswer {
  status: number;
  /** Whether the other side took it. */
  ok: boolean;
  text: string;
  /** The beginning of the text, as one line. */
  excerpt: string;
  retryAfterSeconds: number | null;
}

/** Posts to services that users chose, within the limits of a delivery. */
@Injectable()
export class ChannelHttp {
  constructor(
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  /** Any HTTP status is an answer. Rejects with DeliveryFailure when there is none. */
  async post(url: string, headers: Record<string, string>, body: string | Buffer): Promise<ChannelAnswer> {
    const answer = await this.http
      .fetch({
        url,
        method: 'POST',
        headers: { 'user-agent': 'Torale/1.0', ...headers },
        body,
        timeout_ms: this.config.DELIVERY_TIMEOUT_MS,
        max_bytes: maxAnswerBytes,
        // A redirect would carry it to an address that the user never named.
        max_redirects: 0,
      })
      .catch((error: unknown) => {
        throw error instanceof OutboundError
          ? new DeliveryFailure(kindOfOutcome(error.outcome), error.message)
          : error;
      });
    const text = answer.body.toString('utf8');
    return {
      status: answer.status,
      ok: answer.status >= 200 && answer.status < 300,
      text,
      excerpt: singleLine(text.slice(0, 4 * excerptLength), excerptLength),
      retryAfterSeconds: retryAfterOf(answer.headers['retry-after']),
    };
  }

  postJson(url: string, body: object, headers: Record<string, string> = {}): Promise<ChannelAnswer> {
    return this.post(url, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
  }
}

export function receiptOf(answer: ChannelAnswer, providerMessageId: string | null = null): Receipt {
  return {
    response_status: answer.status,
    response_excerpt: answer.excerpt,
    // What the other side says goes into a statement with the outcomes of others, which bytes of its choice would fail.
    provider_message_id: providerMessageId && singleLine(providerMessageId, excerptLength),
  };
}

/** @param service what it is called in what users are told */
export function refusalOf(
  service: string,
  answer: ChannelAnswer,
  {
    kind = kindOfStatus(answer.status),
    reason = answer.excerpt,
    retryAfterSeconds = answer.retryAfterSeconds,
  }: { kind?: FailureKind | undefined; reason?: string | undefined; retryAfterSeconds?: number | null } = {},
): DeliveryFailure {
  return new DeliveryFailure(
    kind,
    `${service} answered ${answer.status}${reason && `: ${singleLine(reason, excerptLength)}`}`,
    answer.status,
    retryAfterSeconds,
    answer.excerpt,
  );
}

/** 410 Gone is how a receiver unsubscribes; other refusals may be a deployment of a minute. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 410) return 'gone';
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'transient' : 'doubtful';
}

export function kindOfOutcome(outcome: OutboundError['outcome']): FailureKind {
  return outcome === 'address_refused' || outcome === 'unsupported' || outcome === 'too_large'
    ? 'permanent'
    : 'transient';
}

/** Seconds from a `Retry-After` in either of its forms; null without one. */
export function retryAfterOf(header: string | undefined): number | null {
  if (!header) return null;
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return null;
  return Math.min(Math.max(Math.ceil(seconds), 0), longestRetryAfterSeconds);
}
