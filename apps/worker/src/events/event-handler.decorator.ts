import { applyDecorators, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { EventData, EventDefinition, SubscriberName } from '@torale/contracts';
import { OriginalErrorFilter, type JobContext } from '@torale/job-engine';

/**
 * The method of a controller that does what a subscriber does of an event, or of each of several:
 * `tell(@Payload() data, @Ctx() context: JobContext)`. It is called for every event at least once, in no particular
 * order, and throws to be called again. Nothing of it depends on what brings the events.
 */
export function EventHandler<E extends EventDefinition>(
  of: E | readonly E[],
  subscriber: SubscriberName,
): <Method extends (data: EventData<E>, context: JobContext) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  const patterns = [of].flat().map((event) => eventPattern(subscriber, (event as E).type));
  return applyDecorators(EventPattern(patterns), UseFilters(new OriginalErrorFilter()));
}

export const eventPattern = (subscriber: string, type: string) => `${subscriber}: ${type}`;
