import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';

/** What a host said of the request that a turn was for; undefined when it said nothing usable. */
export type HostAnswer = 'welcome' | { refused: true; retryAfterMs: number | undefined } | undefined;

/** The longest that a host is left alone, whatever it demands, seconds. */
const maxBackOffSeconds = 3600;

/** Whose turn it is at a host. All processes share it, and all times in it are those of the database. */
@Injectable()
export class HostTurnsRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /**
   * Takes the turn, or resolves with the milliseconds to wait before asking again; null: queue up.
   * @param lease an id of this request, for `release`; it lapses by itself after `leaseMs`
   * @param hasQueued goes before those who have not queued
   */
  async take(
    host: string,
    lease: string,
    options: { leaseMs: number; spacingMs: number; concurrency: number; hasQueued: boolean },
  ): Promise<number | null> {
    const { leaseMs, spacingMs, concurrency, hasQueued } = options;
    const { rows } = await sql<{ wait_ms: number | null }>`
      select take_host_turn(${host}, ${lease}::uuid, ${leaseMs / 1000}::float8, ${spacingMs / 1000}::float8,
        ${concurrency}::int, ${hasQueued}::boolean) as wait_ms
    `.execute(this.database.kysely);
    return rows[0]!.wait_ms;
  }

  /** A place in the queue of a host: when to come back. */
  async queue(host: string, spacingMs: number): Promise<Date> {
    const { rows } = await sql<{ queue_at: string }>`
      update outbound_hosts
      set queue_at = greatest(queue_at, free_at, clock_timestamp()) + make_interval(secs => ${spacingMs / 1000})
      where host = ${host}
      returning queue_at
    `.execute(this.database.kysely);
    return new Date(rows[0]!.queue_at);
  }

  /**
   * Ends a turn. The next begins no earlier than `spacingMs` from now, so that whatever delayed this request on its
   * way, the two never arrive closer to each other. A host that refused is left alone for as long as it says, or
   * each time for twice as long.
   */
  async release(
    host: string,
    lease: string,
    { spacingMs, backOffMs }: { spacingMs: number; /** The first. */ backOffMs: number },
    answer: HostAnswer,
  ): Promise<void> {
    const refused = typeof answer === 'object';
    const retryAfter = refused && answer.retryAfterMs !== undefined ? answer.retryAfterMs / 1000 : null;
    await sql`
      update outbound_hosts set
        leases = leases - ${lease}::text,
        refusals = case when ${refused}::boolean then refusals + 1 when ${answer === 'welcome'}::boolean then 0 else refusals end,
        free_at = greatest(free_at, clock_timestamp() + make_interval(secs => greatest(
          ${spacingMs / 1000}::float8,
          case when ${refused}::boolean
            then least(${maxBackOffSeconds}::float8,
              coalesce(${retryAfter}::float8, ${backOffMs / 1000}::float8 * 2 ^ least(refusals, 20)))
            else 0 end)))
      where host = ${host}
    `.execute(this.database.kysely);
  }
}
