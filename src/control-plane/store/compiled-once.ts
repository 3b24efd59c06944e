import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Database } from './database.ts';

/** Stands for a value while the text of a query is made. */
class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query of the hot path whose text is made at its first use: for the three of a commit, building and compiling took
 * as long as running them. `build` sees each value as something opaque: it may only put them into the query.
 */
export function compiledOnce<Values extends object, Result>(
  build: (db: Database, values: Values) => Compilable<Result>,
): (db: Database, values: Values) => Promise<QueryResult<Result>> {
  // One text for each dialect.
  const texts = new WeakMap<object, CompiledQuery<Result>>();
  return (db, values) => {
    const { adapter } = db.getExecutor();
    const compiled = texts.get(adapter.constructor) ?? build(db, parameters<Values>()).compile();
    texts.set(adapter.constructor, compiled);
    const fill = (given: unknown): unknown => (given instanceof Parameter ? values[given.name as keyof Values] : given);
    return db.executeQuery({ ...compiled, parameters: compiled.parameters.map(fill) });
  };
}

function parameters<Values extends object>(): Values {
  return new Proxy({}, { get: (_target, name) => new Parameter(String(name)) }) as Values;
}
