import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/**
 * The answer of a streaming endpoint: a line of JSON for each result as it comes. When the caller leaves, the
 * generator behind `results` is ended; when that throws, the answer breaks off.
 */
export function ndjson(results: AsyncIterable<unknown>): StreamableFile {
  return new StreamableFile(Readable.from(linesOf(results)), { type: 'application/x-ndjson' });
}

async function* linesOf(results: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const result of results) yield `${JSON.stringify(result)}\n`;
}
