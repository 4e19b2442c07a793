import type { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';

const lookEveryMs = 15_000;
const mostWalBytes = 64 * 1024 * 1024;

/**
 * Does what Postgres without its background processes never does by itself, each time that it has written enough.
 * Checkpoints: its log would grow for as long as this process lives, and a start after a crash would replay all of it.
 * Vacuum and statistics: tables would grow by every update, and be searched by plans for when they were empty.
 *
 * @returns stops it
 */
export function keepInShape(pglite: PGlite): () => void {
  const logger = new Logger('EmbeddedDatabase');
  let stopped = false;
  const look = async () => {
    const { rows } = await pglite.query<{ bytes: number }>(
      'select (pg_current_wal_insert_lsn() - redo_lsn)::float8 as bytes from pg_control_checkpoint()',
    );
    if (rows[0]!.bytes <= mostWalBytes) return;
    await pglite.query('vacuum (analyze)');
    await pglite.query('checkpoint');
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!stopped) logger.error(error, 'The database could not be kept in shape; trying again');
    });
  }, lookEveryMs);
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
