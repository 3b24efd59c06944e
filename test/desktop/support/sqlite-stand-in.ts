/**
 * Stands in for `node:sqlite` where the tests' Electron has none: the same few calls over libsql, which is found in the
 * project's own node_modules because the packaged app holds none.
 */
import { createRequire } from 'node:module';

declare const __PROJECT__: string;

type Value = string | number | null;
interface Statement {
  run(...values: readonly Value[]): { changes: number };
  get(...values: readonly Value[]): Record<string, unknown> | undefined;
  all(...values: readonly Value[]): Record<string, unknown>[];
}
interface Libsql {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

const Libsql = createRequire(`${__PROJECT__}/package.json`)('libsql') as new (path: string) => Libsql;

export type SQLInputValue = Value;

export class DatabaseSync {
  readonly #database: Libsql;

  constructor(path: string) {
    this.#database = new Libsql(path);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): Statement {
    return this.#database.prepare(sql);
  }

  close(): void {
    this.#database.close();
  }
}
