import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came since the last `reset`. */
export interface Reception {
  requests: number;
  /** From the first request to the last answer. */
  milliseconds: number;
  /** Of the last body. */
  bytes: number;
}

/**
 * A receiver in a process of its own, so that its work is nobody else's: `/<milliseconds>/<anything>` answers 204 after so
 * long, and challenges as whoever wants the channel does. It answers every message of its parent with a Reception.
 */
let requests = 0;
let first = 0;
let last = 0;
let bytes = 0;

const server = createServer(async (request, response) => {
  first ||= performance.now();
  const body = await buffer(request);
  const event = JSON.parse(body.toString('utf8')) as { type: string; data: { challenge?: string } };
  if (event.type === 'channel.verification')
    return response.end(JSON.stringify({ challenge: event.data.challenge }));
  const delay = Number(request.url!.split('/', 2)[1]);
  if (delay > 0) await sleep(delay);
  requests++;
  bytes = body.length;
  response.writeHead(204).end();
  last = performance.now();
  return undefined;
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('message', (message) => {
  if (message === 'reset') requests = first = last = bytes = 0;
  process.send!({ requests, milliseconds: last - first, bytes } satisfies Reception);
});
process.on('disconnect', () => process.exit());
