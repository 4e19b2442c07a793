import { AppError } from '@torale/contracts';

/** The place of a row in a list ordered by `created_at desc, id desc`. */
export interface Position {
  /** Microseconds since the epoch: milliseconds would skip or repeat rows written in the same one. */
  created_at_us: string;
  id: string;
}

const positionPattern = /^(\d{1,16})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function encodeCursor({ created_at_us, id }: Position): string {
  return Buffer.from(`${created_at_us}.${id}`).toString('base64url');
}

/** Rejects what `encodeCursor` never made with `invalid_request`. */
export function decodeCursor(cursor: string): Position {
  const [, created_at_us, id] = positionPattern.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (created_at_us === undefined || id === undefined) {
    const message = 'is not a `next_cursor` of this API';
    throw new AppError('invalid_request', `query.cursor: ${message}`, {
      errors: [{ path: 'query.cursor', message }],
    });
  }
  return { created_at_us, id };
}
