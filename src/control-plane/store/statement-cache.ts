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
      const statement = known ?? (text === 'rollback' ? rollbackOf(sqlite) : adapt(sqlite.prepare(text)));
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

// A full disk or a failed write rolls back by itself; a second rollback would fail, and hide why the first one was.
function rollbackOf(sqlite: Database): SqliteStatement {
  const statement = adapt(sqlite.prepare('rollback'));
  return {
    ...statement,
    all: (parameters) => (sqlite.inTransaction ? statement.all(parameters) : []),
    run: (parameters) => (sqlite.inTransaction ? statement.run(parameters) : { changes: 0, lastInsertRowid: 0 }),
  };
}
