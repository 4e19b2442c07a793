import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  unzip,
  unzipSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { OutboundError } from './outbound-http.ts';

export interface BodyLimits {
  /** Of the body as it is sent, bytes. */
  maxWireBytes: number;
  /** Of the body as it is decoded, bytes. */
  maxBytes: number;
}

/** Not deflate, which servers take for two different formats; who sends zlib's nevertheless is understood. */
export const acceptedEncodings = 'gzip, br, zstd';

interface Decoder {
  now: (wire: Buffer, options: { maxOutputLength: number }) => Buffer;
  aside: (wire: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
}

const zlib: Decoder = { now: unzipSync, aside: promisify(unzip) };
const decoders: Record<string, Decoder | undefined> = {
  gzip: zlib,
  'x-gzip': zlib,
  deflate: zlib,
  br: { now: brotliDecompressSync, aside: promisify(brotliDecompress) },
  zstd: { now: zstdDecompressSync, aside: promisify(zstdDecompress) },
};

/** Up to here decoding takes less than handing it to another thread; a bomb of this size holds it up for 20 ms. */
const maxSizeDecodedNow = 32 * 1024;

/**
 * The decoded body of a response. Reading and decoding stop at the first piece beyond a limit: what a bomb would have
 * unpacked to never exists.
 * @param headers those of the response
 * @param host for messages
 */
export async function readBody(
  body: Readable,
  headers: Record<string, string>,
  { maxWireBytes, maxBytes }: BodyLimits,
  host: string,
): Promise<Buffer> {
  const tooMuchSent = () =>
    new OutboundError('wire_too_large', `${host} sends more than the limit of ${maxWireBytes} bytes`);
  const tooLarge = () =>
    new OutboundError('body_too_large', `The answer of ${host} is larger than ${maxBytes} bytes`);

  const encoding = headers['content-encoding']?.trim().toLowerCase() || 'identity';
  if (Number(headers['content-length']) > maxWireBytes) throw tooMuchSent();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (encoding === 'identity' && size > maxBytes) throw tooLarge();
    if (size > maxWireBytes) throw tooMuchSent();
  }
  const wire = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
  // A 304 and the answer to HEAD name an encoding and have no body.
  if (encoding === 'identity' || size === 0) return wire;

  const decoder = decoders[encoding];
  if (!decoder) throw new OutboundError('unsupported', `${host} sent the content encoding "${encoding}"`);
  const options = { maxOutputLength: maxBytes };
  try {
    return size <= maxSizeDecodedNow ? decoder.now(wire, options) : await decoder.aside(wire, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    const { message } = error as Error;
    throw new OutboundError('malformed_body', `The answer of ${host} cannot be decoded: ${message}`, {
      cause: error,
    });
  }
}
