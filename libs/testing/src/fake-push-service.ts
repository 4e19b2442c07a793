import { createECDH, type ECDH, randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import ece from 'http_ece';
import { importJWK, jwtVerify } from 'jose';
import { LoopbackServer, type LoopbackRequest } from './loopback-server.ts';

export interface ReceivedPush {
  /** As the browser's service worker gets it. */
  text: string;
  ttl: number;
  urgency: string | undefined;
  topic: string | undefined;
  /** Whom the sender named. */
  subject: string | undefined;
}

interface Subscription {
  ecdh: ECDH;
  auth: string;
  applicationServerKey: string;
}

type Failure = 'rate_limited' | 'unavailable' | 'hang';
const maxBodyBytes = 4096;
const maxTokenSeconds = 86_400;

/**
 * A push service and the browsers that subscribed there, on loopback. It verifies who sends (RFC 8292), takes what the
 * protocol allows (RFC 8030), and decrypts with the browser's key (RFC 8291).
 */
export class FakePushService extends LoopbackServer {
  readonly pushes: ReceivedPush[] = [];
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #script: Failure[] = [];

  static start(): Promise<FakePushService> {
    return new FakePushService().listen();
  }

  /** What `PushManager.subscribe({applicationServerKey})` gives a page. */
  subscribe(applicationServerKey: string): { endpoint: string; keys: { p256dh: string; auth: string } } {
    const ecdh = createECDH('prime256v1');
    const p256dh = ecdh.generateKeys('base64url');
    const auth = randomBytes(16).toString('base64url');
    const path = `/push/${randomUUID()}`;
    this.#subscriptions.set(path, { ecdh, auth, applicationServerKey });
    return { endpoint: `${this.origin}${path}`, keys: { p256dh, auth } };
  }

  /** The user has taken the permission back. */
  unsubscribeAll(): void {
    this.#subscriptions.clear();
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected async answer({ url, headers, body }: LoopbackRequest, response: ServerResponse): Promise<void> {
    const refuse = (status: number, text: string, more = {}) =>
      void response.writeHead(status, { 'content-type': 'text/plain', ...more }).end(text);
    const subscription = this.#subscriptions.get(url.pathname);
    if (!subscription) return refuse(410, 'push subscription has unsubscribed or expired.');
    switch (this.#script.shift()) {
      case 'hang':
        return;
      case 'rate_limited':
        return refuse(429, 'Too Many Requests', { 'retry-after': '20' });
      case 'unavailable':
        return refuse(503, 'Service Unavailable');
    }
    const sender = await this.#senderOf(headers.authorization ?? '');
    if (!sender) return refuse(401, 'the VAPID token is not valid');
    if (sender.key !== subscription.applicationServerKey) {
      return refuse(403, 'the VAPID credentials do not correspond to the subscription');
    }
    const ttl = headers['ttl'];
    if (typeof ttl !== 'string' || !/^\d+$/.test(ttl)) return refuse(400, 'missing or invalid TTL header');
    const { urgency, topic } = headers as Record<string, string | undefined>;
    if (urgency !== undefined && !['very-low', 'low', 'normal', 'high'].includes(urgency)) {
      return refuse(400, 'invalid urgency');
    }
    if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) return refuse(400, 'invalid topic');
    if (headers['content-encoding'] !== 'aes128gcm') return refuse(400, 'unsupported content encoding');
    if (body.length > maxBodyBytes) return refuse(413, 'payload too large');
    const { ecdh: privateKey, auth: authSecret } = subscription;
    const text = ece.decrypt(body, { version: 'aes128gcm', privateKey, authSecret }).toString();
    this.pushes.push({ text, ttl: Number(ttl), urgency, topic, subject: sender.subject });
    response.writeHead(201, { location: `${this.origin}/message/${randomUUID()}` }).end();
  }

  async #senderOf(authorization: string): Promise<{ key: string; subject: string | undefined } | undefined> {
    const [, token, key] = /^vapid t=([^,\s]+),\s*k=([\w-]+)$/.exec(authorization) ?? [];
    const point = Buffer.from(key ?? '', 'base64url');
    if (!token || !key || point.length !== 65) return undefined;
    const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
    const publicKey = await importJWK(
      { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) },
      'ES256',
    );
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        audience: this.origin,
        requiredClaims: ['exp'],
      });
      const lifetime = payload.exp! - Date.now() / 1000;
      const { sub: subject } = payload;
      return lifetime <= maxTokenSeconds && /^(mailto|https):/.test(subject ?? '')
        ? { key, subject }
        : undefined;
    } catch {
      return undefined;
    }
  }
}
