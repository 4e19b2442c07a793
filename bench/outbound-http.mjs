/**
 * What one fetch costs, beside the bare clients: CPU milliseconds of this process per request, the site being another
 * process. Run after `npm run build`: node bench/outbound-http.mjs [requests]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent as NodeAgent, createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import { Agent, fetch, request } from 'undici';
import { createOutboundHttp, outboundHttpConfig } from '../libs/outbound-http/dist/index.js';

if (process.argv[2] === 'site') await serve();
else await compare(Number(process.argv[2] ?? 4000));

/** A page of 15 KB, compressed as most are; who knows its ETag gets 304. */
async function serve() {
  const words = Array.from({ length: 2200 }, (_, i) => ((i * 7919) % 4001).toString(36));
  const page = gzipSync(`<!doctype html><title>Page</title><p>${words.join(' <b>x</b> ')}`.slice(0, 15_000));
  const headers = { 'content-type': 'text/html', 'content-encoding': 'gzip', etag: '"1"' };
  const site = createServer((incoming, response) => {
    if (incoming.headers['if-none-match'] === '"1"') return response.writeHead(304, { etag: '"1"' }).end();
    return response.writeHead(200, headers).end(page);
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  process.send(site.address().port);
}

async function compare(requests) {
  const site = fork(new URL(import.meta.url), ['site']);
  const [port] = await once(site, 'message');
  const url = `http://127.0.0.1:${port}/`;
  const environment = { OUTBOUND_ALLOW_CIDRS: '127.0.0.1' };
  const outbound = createOutboundHttp(outboundHttpConfig.schema.parse(environment));
  const dispatcher = new Agent();
  const client = axios.create({
    httpAgent: new NodeAgent({ keepAlive: true }),
    proxy: false,
    maxRedirects: 0,
    maxContentLength: 10_000_000,
    responseType: 'arraybuffer',
    validateStatus: () => true,
  });
  const clients = {
    'undici request, body not decoded': async (headers) => {
      const { body } = await request(url, { dispatcher, headers });
      await body.arrayBuffer();
    },
    'fetch of undici and Node': async (headers) => void (await (await fetch(url, { headers })).arrayBuffer()),
    'axios with maxContentLength': async (headers) => void (await client.get(url, { headers })),
    'the outbound door': async (headers) => void (await outbound.fetch({ url, headers })),
  };

  console.log('CPU ms per request (requests per second)');
  for (const [what, headers] of [
    ['304', { 'if-none-match': '"1"' }],
    ['15 KB in gzip', {}],
  ]) {
    for (const [name, send] of Object.entries(clients)) {
      const cells = [];
      for (const inFlight of [1, 10, 50]) {
        // The least of three: whatever else runs on the machine only adds.
        const runs = [];
        for (let i = 0; i < 3; i++) runs.push(await run(send, headers, inFlight, requests));
        const { cpuMs, perSecond } = runs.toSorted((a, b) => a.cpuMs - b.cpuMs)[0];
        cells.push(`${inFlight}: ${cpuMs.toFixed(3)} (${Math.round(perSecond)})`);
      }
      console.log(`${what.padEnd(14)} ${name.padEnd(34)} ${cells.join('   ')}`);
    }
  }
  site.kill();
  process.exit();
}

async function run(send, headers, inFlight, requests) {
  let left = requests;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await send(headers);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  return { cpuMs: (user + system) / 1000 / requests, perSecond: requests / seconds };
}
