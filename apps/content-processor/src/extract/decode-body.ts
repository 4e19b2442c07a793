import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { analyse } from 'chardet';

const byteOrderMarks: [bytes: number[], label: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0xff, 0xfe], 'utf-16le'],
];
/** Where a document may name its own charset. */
const prescanLength = 4096;
const declaration =
  /<meta[^>]{0,500}?charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w:.-]+)["']/i;

/**
 * Text of a body, by (in this order) its byte order mark, the charset of the Content-Type header, that of a `meta` or
 * XML declaration, and a guess. Labels are those of the Encoding standard; one it does not know is passed over.
 */
export function decodeBody(body: Buffer, contentType = ''): string {
  const decoder =
    decoderOf(byteOrderMarks.find(([bytes]) => bytes.every((byte, i) => body[i] === byte))?.[1]) ??
    decoderOf(/charset\s*=\s*"?([\w:.-]+)/i.exec(contentType)?.[1]) ??
    decoderOf(declaredCharset(body)) ??
    (isUtf8(body) ? new TextDecoder() : guessedDecoder(body));
  return decoder.decode(body);
}

function declaredCharset(body: Buffer): string | undefined {
  const match = declaration.exec(body.toString('latin1', 0, prescanLength));
  const label = match?.[1] ?? match?.[2];
  // It could be read as ASCII, so it is not UTF-16, whatever it says.
  return label && /^utf-?16/i.test(label) ? 'utf-8' : label;
}

function guessedDecoder(body: Buffer): TextDecoder {
  for (const { name } of analyse(body.subarray(0, 100_000))) {
    const decoder = decoderOf(name);
    if (decoder) return decoder;
  }
  return new TextDecoder('windows-1252');
}

function decoderOf(label: string | undefined): TextDecoder | undefined {
  if (!label) return undefined;
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}
