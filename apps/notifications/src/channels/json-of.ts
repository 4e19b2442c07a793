import type { z } from 'zod';
import type { ChannelAnswer } from './channel-http.ts';

/** What an answer says; undefined when it is not JSON of this form, as from a proxy in between. */
export function jsonOf<T>({ text }: ChannelAnswer, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
