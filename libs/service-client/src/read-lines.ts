import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** The lines of a stream of UTF-8 as they come, without the empty ones; destroys the stream when left early. */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  // The pieces of a line are joined once it is complete: a line may be megabytes long.
  let begun: string[] = [];
  for await (const chunk of stream) {
    const [rest, ...others] = decoder.write(chunk as Buffer).split('\n') as [string, ...string[]];
    begun.push(rest);
    for (const next of others) {
      const line = begun.join('');
      if (line.trim()) yield line;
      begun = [next];
    }
  }
  const last = begun.join('') + decoder.end();
  if (last.trim()) yield last;
}
