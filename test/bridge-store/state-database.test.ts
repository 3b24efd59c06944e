import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { codeOf } from '../../src/base/errors.ts';
import type { StoredApproval, StoredTask } from '../../src/bridge/ports.ts';
import { createApprovalTable } from '../../src/bridge/store/approval-table.ts';
import { createSettingsTable } from '../../src/bridge/store/settings-table.ts';
import { openSqlDatabase, openStateDatabase } from '../../src/bridge/store/state-database.ts';
import { createTaskTable } from '../../src/bridge/store/task-table.ts';
import { makeTempDir, onCleanup } from './support/fixtures.ts';

function open(dataDir: string) {
  const state = openStateDatabase({ dataDir });
  onCleanup(() => state.dispose());
  return state;
}

function codeOfOpening(dataDir: string): string | undefined {
  try {
    open(dataDir);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

function task(taskId: string, overrides: Partial<StoredTask> = {}): StoredTask {
  return {
    taskId,
    commandId: `c-${taskId}`,
    deviceId: 'd1',
    launch: {
      taskId,
      title: 'T',
      instructions: 'I',
      provider: 'command',
      workspace: 'w',
      files: [],
      settings: { a: 1 },
    },
    folder: `/w/tasks/${taskId}`,
    state: 'queued',
    reason: null,
    isCancelRequested: false,
    process: null,
    sessionId: null,
    turn: { logOffset: 0, messagePosition: 0, resumes: 0 },
    removal: null,
    createdAt: 1.5,
    startedAt: null,
    endedAt: null,
    ...overrides,
  };
}

test('what is put into the tables comes back whole after the database was opened again', () => {
  const dataDir = makeTempDir();
  const first = openStateDatabase({ dataDir });
  const running = task('t2', {
    state: 'running',
    createdAt: 2,
    process: { pid: 5, startedAt: '77' },
    reason: { code: 'x_y', message: 'm' },
    isCancelRequested: true,
    sessionId: 's',
    startedAt: 3,
  });
  const ended = task('t3', { state: 'failed', createdAt: 3, endedAt: 4 });
  const approval: StoredApproval = {
    approvalId: 'a1',
    taskId: 't2',
    sha256: 'f',
    deadline: 9,
    state: 'pending',
    by: null,
    settledAt: null,
    question: {
      title: 'ls',
      askedAt: 1,
      request: { provider: 'claude', tool: 'Bash', input: { command: 'ls' }, cwd: '/t' },
    },
  };
  const tasks = createTaskTable(first.sql);
  for (const each of [task('t1'), running, ended]) tasks.put(each);
  tasks.put(ended);
  createApprovalTable(first.sql).put(approval);
  createApprovalTable(first.sql).put({
    ...approval,
    approvalId: 'a2',
    state: 'denied',
    by: { kind: 'device', deviceId: 'd1' },
    settledAt: 5,
  });
  const identity = { bridgeId: 'b', accountId: 'a', serverId: 's', origin: 'https://x' };
  createSettingsTable(first.sql).identity.set(identity);
  createSettingsTable(first.sql).pause.set({ since: 1, untilMs: null });
  first.dispose();

  const { sql } = open(dataDir);
  expect(createTaskTable(sql).list()).toEqual([ended, running, task('t1')]);
  expect(createTaskTable(sql).listUnfinished()).toEqual([running, task('t1')]);
  expect(createTaskTable(sql).get('none')).toBeUndefined();
  expect(createApprovalTable(sql).listPending('t2')).toEqual([approval]);
  expect(createApprovalTable(sql).listPending('t1')).toEqual([]);
  expect(createApprovalTable(sql).get('a2')).toMatchObject({ by: { kind: 'device', deviceId: 'd1' }, settledAt: 5 });
  const settings = createSettingsTable(sql);
  expect(settings.identity.get()).toEqual(identity);
  expect(settings.pause.get()).toEqual({ since: 1, untilMs: null });
  settings.pause.set(undefined);
  expect(settings.pause.get()).toBeUndefined();
  expect(settings.setting('identity', z.number()).get()).toBeUndefined();
});

test('an exception rolls the whole transaction back, and nesting is refused', () => {
  const { sql, transaction } = open(makeTempDir());
  const tasks = createTaskTable(sql);
  expect(() =>
    transaction(() => {
      tasks.put(task('t1'));
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(tasks.list()).toEqual([]);
  expect(() => transaction(() => transaction(() => 1))).toThrow(/nested/);
  expect(transaction(() => 5)).toBe(5);
});

test('only what may be lost with the power does not wait for the disk', () => {
  const { sql, transaction, laxTransaction } = open(makeTempDir());
  const synchronous = (): unknown => sql.prepare('PRAGMA synchronous').get()?.synchronous;
  const [normal, full] = [1, 2];
  expect([transaction(synchronous), laxTransaction(synchronous), transaction(synchronous)]).toEqual([
    full,
    normal,
    full,
  ]);
  expect(() =>
    laxTransaction(() => {
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(transaction(synchronous)).toBe(full);
});

test('a second engine is refused, in this process and in another, and says which one holds the folder', () => {
  const dataDir = makeTempDir();
  const first = openStateDatabase({ dataDir });
  expect(() => open(dataDir)).toThrow(`(process ${process.pid})`);
  expect(codeOfOpening(dataDir)).toBe('data_dir_in_use');
  first.dispose();
  expect(codeOfOpening(dataDir)).toBeUndefined();
});

test('an engine keeps its lock as long as it lives, and leaves none behind when it is killed', async () => {
  const dataDir = makeTempDir();
  const script = `import('${new URL('../../src/bridge/store/state-database.ts', import.meta.url).href}').then((m) => {
    m.openStateDatabase({ dataDir: process.argv[1] }); 
    globalThis.gc(); setTimeout(() => { globalThis.gc(); console.log('open'); }, 50); setInterval(() => {}, 1000); });`;
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onCleanup(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(codeOfOpening(dataDir)).toBe('data_dir_in_use');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  expect(codeOfOpening(dataDir)).toBeUndefined();
});

test('a folder that cannot be made, a newer database and a damaged one are told apart', () => {
  const below = join(makeTempDir(), 'file');
  writeFileSync(below, 'x');
  expect(codeOfOpening(join(below, 'data'))).toBe('data_dir_unwritable');

  const newer = makeTempDir();
  const database = openSqlDatabase(join(newer, 'state.db'));
  database.exec('PRAGMA user_version = 999');
  database.close();
  expect(codeOfOpening(newer)).toBe('database_newer');
  // Refusing must have released the lock.
  expect(codeOfOpening(newer)).toBe('database_newer');

  const damaged = makeTempDir();
  writeFileSync(join(damaged, 'state.db'), 'this is no database at all, but it is long enough to look at'.repeat(40));
  expect(codeOfOpening(damaged)).toBe('database_unreadable');
});

test('questions of the first schema keep who answered them, and can be listed', () => {
  const dataDir = makeTempDir();
  const old = openSqlDatabase(join(dataDir, 'state.db'));
  // The tables as they were, as far as they matter here.
  old.exec(`CREATE TABLE tasks (task_id TEXT PRIMARY KEY) STRICT;
    CREATE TABLE approvals (
      approval_id TEXT PRIMARY KEY, task_id TEXT NOT NULL, sha256 TEXT NOT NULL, deadline REAL NOT NULL,
      state TEXT NOT NULL, device_id TEXT
    ) STRICT;
    CREATE INDEX approvals_pending ON approvals (task_id) WHERE state = 'pending';
    INSERT INTO approvals VALUES ('a1', 't1', 'f', 9, 'pending', NULL), ('a2', 't1', 'f', 9, 'denied', 'd1');
    PRAGMA user_version = 1`);
  old.close();
  const table = createApprovalTable(open(dataDir).sql);
  expect(table.listPending()).toMatchObject([{ approvalId: 'a1', by: null, settledAt: null, question: null }]);
  expect(table.get('a2')).toMatchObject({ state: 'denied', by: { kind: 'device', deviceId: 'd1' } });
  expect(table.startingWith('a').length).toBe(2);
  expect(table.startingWith('a2')).toMatchObject([{ approvalId: 'a2' }]);
  expect(table.startingWith('%')).toEqual([]);
});
