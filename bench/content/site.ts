import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { page } from './page.ts';

/** A site of its own process, so that its work is not counted: `/etag`, `/same` and `/changed`. */
const etag = '"1"';
const still = Buffer.from(page(90));
let visits = 0;

const server = createServer((request, response) => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  switch (request.url) {
    case '/etag':
      if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
      return response.writeHead(200, { ...html, etag }).end(still);
    case '/same':
      return response.writeHead(200, html).end(still);
    case '/changed':
      return response.writeHead(200, html).end(page(100 + visits++));
    default:
      return response.writeHead(404).end();
  }
});
server.listen(0, '0.0.0.0', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
