import type { Database } from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

const STATEMENTS_MAX = 300;

/** Keeps the statements that were used lately prepared: the same few queries run thousands of times a second. */
export function cacheStatements(sqlite: Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(text) {
      const known = statements.get(text);
      if (known) statements.delete(text);
      const statement = known ?? adapt(sqlite.prepare(text));
      statements.set(text, statement);
      const oldest = statements.size > STATEMENTS_MAX ? statements.keys().next().value : undefined;
      if (oldest !== undefined) statements.delete(oldest);
      return statement;
    },
    close() {
      statements.clear();
      sqlite.close();
    },
  };
}

function adapt(statement: import('better-sqlite3').Statement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => statement.all(...parameters),
    run: (parameters) => statement.run(...parameters),
    iterate: (parameters) => statement.iterate(...parameters),
  };
}
