import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { AppError } from '@torale/contracts';

/** Refuses bodies with U+0000, which is text in JSON and not in Postgres. */
export class StorableTextPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    const path = type === 'body' ? pathOfNul(value) : undefined;
    if (path) {
      const message = 'must not contain the character U+0000';
      throw new AppError('invalid_request', `${path.join('.')}: ${message}`, {
        errors: [{ path: path.join('.'), message }],
      });
    }
    return value;
  }
}

function pathOfNul(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value.includes('\0') ? [] : undefined;
  for (const [key, inner] of Object.entries(value ?? {})) {
    const path = pathOfNul(inner);
    if (path) return [key, ...path];
  }
  return undefined;
}
