export * from './database.ts';
export * from './database.config.ts';
export * from './migrations.ts';
export * from './pglite-database.ts';
export * from './postgres-database.ts';
export * from './schema.ts';
export * from './sql-script.ts';
export * from './user-database.ts';
