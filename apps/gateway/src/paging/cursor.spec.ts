import { AppError } from '@torale/contracts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const position = { created_at: '2026-11-22T10:00:00.123Z', id: '0b54b8a2-8b0f-4f35-9a83-6d1b5f1f3f11' };

test('a cursor keeps the position to the millisecond', () => {
  expect(decodeCursor(encodeCursor(position))).toEqual(position);
});

test.each([
  ['nothing', ''],
  ['no base64', '%%%'],
  ['another text', Buffer.from('hello').toString('base64url')],
  ['SQL', Buffer.from(`1795320000123.${position.id}' or true`).toString('base64url')],
  ['a time out of range', Buffer.from(`99999999999999.${position.id}`).toString('base64url')],
])('%s is refused with the path', (_, cursor) => {
  expect(() => decodeCursor(cursor)).toThrow(
    expect.objectContaining<Partial<AppError>>({
      code: 'invalid_request',
      errors: [expect.objectContaining({ path: 'query.cursor' })],
    }),
  );
});
