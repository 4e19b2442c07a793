import { join } from 'node:path';
import { createTestDatabase } from '@torale/testing';
import { sql } from 'kysely';
import ts from 'typescript';

interface Column {
  type: string;
  nullable: boolean;
  /** What an insert may leave out. */
  optional: boolean;
  /** The values it is limited to, when it is. */
  values: string[] | null;
}
type Tables = Record<string, Record<string, Column>>;

describe('schema.ts', () => {
  it('says what the migrated database says', async () => {
    const { database, close } = await createTestDatabase();
    const { rows } = await sql<
      { table: string; column: string; check: string | null } & Omit<Column, 'values'>
    >`
      select table_name as table, column_name as column, data_type as type, is_nullable = 'YES' as nullable,
        is_nullable = 'YES' or column_default is not null or is_identity = 'YES' as optional,
        (select pg_get_constraintdef(oid) from pg_constraint
          where conrelid = format('%I.%I', table_schema, table_name)::regclass and contype = 'c'
            and conkey = array[ordinal_position::int2] and pg_get_constraintdef(oid) like '%ANY (ARRAY[%') as check
      from information_schema.columns where table_schema = 'public'`.execute(database.kysely);
    await close();

    const migrated: Tables = {};
    for (const { table, column, type, check, ...rest } of rows) {
      (migrated[table] ??= {})[column] = { ...rest, type: typescriptTypes[type]!, values: valuesOf(check) };
    }
    expect(declaredTables()).toEqual(migrated);
  }, 180_000);
});

const typescriptTypes: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  'timestamp with time zone': 'string',
  integer: 'number',
  real: 'number',
  boolean: 'boolean',
  bigint: 'number',
  jsonb: 'object',
  ARRAY: 'object',
  // pgvector's text form.
  'USER-DEFINED': 'string',
};

/** `CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text])))` → active, paused */
const valuesOf = (check: string | null) =>
  check === null ? null : [...check.matchAll(/'([^']+)'::text/g)].map(([, value]) => value!).sort();

/** The tables of DatabaseSchema in schema.ts, as Kysely understands their columns. */
function declaredTables(): Tables {
  const file = join(import.meta.dirname, '../src/schema.ts');
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['@torale/source'],
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file)!;
  const schema = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source)!)
    .find(({ name }) => name === 'DatabaseSchema')!;

  const tables: Tables = {};
  for (const table of checker.getDeclaredTypeOfSymbol(schema).getProperties()) {
    // Of auth, which is Supabase's, only what Torale reads is declared.
    if (table.name.startsWith('auth.')) continue;
    const columns: Record<string, Column> = {};
    for (const column of checker.getTypeOfSymbol(table).getProperties()) {
      columns[column.name] = describeColumn(checker, checker.getTypeOfSymbol(column));
    }
    tables[table.name] = columns;
  }
  return tables;
}

function describeColumn(checker: ts.TypeChecker, type: ts.Type): Column {
  const [selected, inserted] = ['__select__', '__insert__'].map((name) => {
    const side = type.getProperty(name);
    return side ? checker.getTypeOfSymbol(side) : type;
  }) as [ts.Type, ts.Type];
  const has = (of: ts.Type, flag: ts.TypeFlags) => partsOf(of).some((part) => part.flags & flag);
  const value = checker.getNonNullableType(selected);
  const literals = partsOf(value).filter((part) => part.isStringLiteral());
  return {
    type: has(value, ts.TypeFlags.StringLike)
      ? 'string'
      : has(value, ts.TypeFlags.NumberLike)
        ? 'number'
        : has(value, ts.TypeFlags.BooleanLike)
          ? 'boolean'
          : 'object',
    nullable: has(selected, ts.TypeFlags.Null),
    optional: has(inserted, ts.TypeFlags.Null | ts.TypeFlags.Undefined),
    values: literals.length > 0 ? literals.map((part) => part.value).sort() : null,
  };
}

const partsOf = (type: ts.Type): ts.Type[] => (type.isUnion() ? type.types : [type]);
