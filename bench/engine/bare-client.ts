/** POSTs so many times, so many at once, with the client that Torale sends webhooks with, and nothing around it. */
import { createOutboundHttp, outboundHttpConfig } from '@torale/outbound-http';

const [url, count, inFlight, bytes] = process.argv.slice(2) as [string, string, string, string];
const http = createOutboundHttp(outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8' }));
const body = JSON.stringify({ type: 'bench', data: {}, filler: 'x'.repeat(Math.max(0, Number(bytes) - 40)) });
let left = Number(count);

async function lane(): Promise<void> {
  while (left-- > 0) {
    const { status } = await http.fetch({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      max_redirects: 0,
    });
    if (status !== 204) throw new Error(`The receiver answered ${status}`);
  }
}
await Promise.all(Array.from({ length: Number(inFlight) }, lane));
process.exit();
