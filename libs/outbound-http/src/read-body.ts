import { pipeline, type Duplex, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { OutboundError } from './outbound-http.ts';

export interface BodyLimits {
  /** Of the body as it is sent, bytes. */
  maxWireBytes: number;
  /** Of the body as it is decoded, bytes. */
  maxBytes: number;
  /** Whether the first `maxBytes` of a larger body will do. */
  truncate: boolean;
}

/** Not deflate, which servers take for two different formats; who sends zlib's nevertheless is understood. */
export const acceptedEncodings = 'gzip, br, zstd';

const chunkSize = 64 * 1024;
const decoders: Record<string, () => Duplex> = {
  gzip: () => createUnzip({ chunkSize }),
  'x-gzip': () => createUnzip({ chunkSize }),
  deflate: () => createUnzip({ chunkSize }),
  br: () => createBrotliDecompress({ chunkSize }),
  zstd: () => createZstdDecompress({ chunkSize }),
};

/**
 * The decoded body of a response. Reading stops, and the connection ends, at the first piece beyond a limit: what a
 * bomb would have unpacked to never exists.
 * @param headers those of the response
 * @param host for messages
 */
export async function readBody(
  body: Readable,
  headers: Record<string, string>,
  { maxWireBytes, maxBytes, truncate }: BodyLimits,
  host: string,
): Promise<Buffer> {
  const tooMuchSent = () =>
    new OutboundError('wire_too_large', `${host} sends more than the limit of ${maxWireBytes} bytes`);
  if (!truncate && Number(headers['content-length']) > maxWireBytes) throw tooMuchSent();
  const encoding = headers['content-encoding']?.trim().toLowerCase() || 'identity';
  const decoder = encoding === 'identity' ? undefined : decoders[encoding]?.();
  if (!decoder && encoding !== 'identity') {
    // Unknown or stacked. Without a body it does not matter.
    for await (const chunk of body) {
      if ((chunk as Buffer).length > 0)
        throw new OutboundError('unsupported', `${host} sent the content encoding "${encoding}"`);
    }
  }

  let sent = 0;
  if (decoder) {
    body.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > maxWireBytes) body.destroy(tooMuchSent());
    });
  }
  // The callback has nothing to add: a failure of either stream ends the loop below.
  const decoded = decoder ? pipeline(body, decoder, () => undefined) : body;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of decoded as AsyncIterable<Buffer>) {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes && (decoder || size <= maxWireBytes)) continue;
      if (truncate) return Buffer.concat(chunks, Math.min(size, maxBytes));
      if (size <= maxBytes) throw tooMuchSent();
      throw new OutboundError('body_too_large', `The answer of ${host} is larger than ${maxBytes} bytes`);
    }
  } catch (error) {
    // Decoders take no bytes at all for a cut body; a 304 and the answer to HEAD name an encoding and have none.
    if (!(decoder && sent === 0 && body.readableEnded)) throw error;
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}
