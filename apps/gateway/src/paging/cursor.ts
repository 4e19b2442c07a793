import { AppError } from '@torale/contracts';

/** The place of a row in a list ordered by `created_at desc, id desc`. */
export interface Position {
  /** ISO 8601 with milliseconds, which is as precisely as it is stored. */
  created_at: string;
  id: string;
}

const positionPattern = /^(\d{1,13})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function encodeCursor({ created_at, id }: Position): string {
  return Buffer.from(`${Date.parse(created_at)}.${id}`).toString('base64url');
}

/** Rejects what `encodeCursor` never made with `invalid_request`. */
export function decodeCursor(cursor: string): Position {
  const [, time, id] = positionPattern.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (time === undefined || id === undefined) {
    const message = 'is not a `next_cursor` of this API';
    throw new AppError('invalid_request', `query.cursor: ${message}`, {
      errors: [{ path: 'query.cursor', message }],
    });
  }
  return { created_at: new Date(Number(time)).toISOString(), id };
}
