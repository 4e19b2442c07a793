import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/** What a handler returns or throws; Nest makes a stream of an error. */
export async function resultOf(answer: ReturnType<MessageHandler>): Promise<unknown> {
  const result: unknown = await answer;
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}
