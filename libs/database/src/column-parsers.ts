/** Postgres type ids of pg_type.oid, which are the same in every Postgres. */
const INT8 = 20;
const TIMESTAMPTZ = 1184;

/**
 * How columns are read, the same from PGlite and from Postgres; every other type is read as both drivers do (json
 * parsed, numeric as a string).
 */
export const columnParsers: Record<number, (text: string) => unknown> = {
  /** Counts and sizes; nothing here comes near 2^53. */
  [INT8]: Number,
  /** ISO 8601, UTC, milliseconds. */
  [TIMESTAMPTZ]: (text) => new Date(text).toISOString(),
};
