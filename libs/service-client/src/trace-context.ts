import { randomBytes } from 'node:crypto';

const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/**
 * A W3C `traceparent` for a new span: a child of `parent`, or the root of a new trace when `parent` is missing
 * or not valid.
 */
export function childTraceparent(parent?: string): string {
  const [, traceId = randomBytes(16).toString('hex'), flags = '01'] =
    traceparentPattern.exec(parent ?? '') ?? [];
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
}
