/** One transaction in which scripts can be run, which Kysely cannot: it sends one statement at a time. */
export interface ScriptSession {
  /** Runs any number of statements, separated by semicolons. */
  run(script: string): Promise<void>;
  query<Row extends object>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

export interface ScriptableDatabase {
  /**
   * Commits when `work` resolves, rolls back when it rejects. Without statement timeout: building an index may take
   * long.
   */
  scriptTransaction<T>(work: (session: ScriptSession) => Promise<T>): Promise<T>;
}

/** Runs a script of several statements in one transaction. */
export async function runSqlScript(database: ScriptableDatabase, script: string): Promise<void> {
  await database.scriptTransaction((session) => session.run(script));
}
