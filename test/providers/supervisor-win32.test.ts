/** What belongs to Windows, over fakes: a process table that tests change, a registry, files. */
import pino from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { whyNotBatchFile } from '../../src/bridge/providers/supervisor/batch-file.ts';
import { findExecutable } from '../../src/bridge/providers/supervisor/find-executable.ts';
import { createWin32Platform } from '../../src/bridge/providers/supervisor/platform-win32.ts';
import { parseProcessTable, type Win32Process } from '../../src/bridge/providers/supervisor/process-table-win32.ts';
import { createRegistryPath } from '../../src/bridge/providers/supervisor/registry-path.ts';
import { sweepProcesses } from '../../src/bridge/providers/supervisor/sweep.ts';

const MARK = 'CTRLNODE_TASK=t1';

function entry(pid: number, parentPid: number, createdAt: number, memoryBytes = 0): Win32Process {
  return { pid, parentPid, createdAt: BigInt(createdAt), memoryBytes };
}

/** A machine whose processes a test starts and ends. */
function machine(processes: Win32Process[]) {
  let table = processes;
  let looks = 0;
  const end = (pid: number) => {
    table = table.filter((process) => process.pid !== pid);
  };
  const platform = createWin32Platform(async () => {
    looks++;
    return table;
  }, end);
  return {
    platform,
    end,
    start: (process: Win32Process) => {
      table = [...table, process];
    },
    found: async (roots: readonly { pid: number; startedAt: string }[] = []) =>
      (await platform.findMarked(MARK, roots)).map(({ pid }) => pid).sort((a, b) => a - b),
    alive: () => table.map(({ pid }) => pid),
    looks: () => looks,
  };
}

const root = { pid: 100, startedAt: '1000' };

test('finds what descends from the roots of a task, and nothing of another', async () => {
  const windows = machine([
    entry(4, 0, 1),
    entry(100, 4, 1_000),
    entry(101, 100, 1_001),
    entry(102, 101, 1_001),
    entry(200, 4, 5),
  ]);
  expect(await windows.found()).toEqual([]);
  expect(await windows.found([root])).toEqual([100, 101, 102]);
  windows.platform.track(MARK, root);
  expect(await windows.found()).toEqual([100, 101, 102]);
  expect(await windows.platform.findMarked('CTRLNODE_TASK=t2', [])).toEqual([]);
  windows.platform.untrack(MARK);
  expect(await windows.found()).toEqual([]);
});

test('a child that is older than its "parent" is not its child: the number was reused', async () => {
  const windows = machine([entry(100, 4, 1_000), entry(101, 100, 999), entry(102, 101, 1_500)]);
  expect(await windows.found([root])).toEqual([100]);
});

test('a root whose number was reused is not the root any more, nor are the newcomer’s children the task’s', async () => {
  const windows = machine([entry(101, 100, 1_001), entry(100, 4, 2_000), entry(102, 100, 2_001)]);
  expect(await windows.found([root])).toEqual([101]);
  expect(await windows.platform.identify(100)).toEqual({ pid: 100, startedAt: '2000' });
});

test('the children of a parent that died are found, if the parent was seen while it lived', async () => {
  const windows = machine([entry(100, 4, 1_000), entry(101, 100, 1_001)]);
  windows.platform.track(MARK, root);
  await windows.found();
  windows.start(entry(102, 101, 1_002));
  windows.end(101);
  windows.end(100);
  expect(await windows.found()).toEqual([102]);
  // The known limit: nothing ever told whose child 103 was.
  windows.start(entry(104, 103, 1_004));
  expect(await windows.found()).toEqual([102]);
});

test('the children of a stranger who got the number of a dead member, and died too, are left alone', async () => {
  const windows = machine([entry(100, 4, 1_000), entry(101, 100, 1_001)]);
  windows.platform.track(MARK, root);
  await windows.found();
  windows.end(101);
  expect(await windows.found()).toEqual([100]);
  windows.start(entry(150, 101, 5_001));
  expect(await windows.found()).toEqual([100]);
});

test('what a root left that died while the bridge was away is found by the root’s number and time', async () => {
  const windows = machine([entry(101, 100, 1_001), entry(90, 100, 500)]);
  windows.platform.track(MARK, root);
  expect(await windows.found()).toEqual([101]);
});

test('a process that was gone before it could be looked at adds nothing', async () => {
  const windows = machine([entry(101, 100, 1_001)]);
  windows.platform.track(MARK, { pid: 100, startedAt: 'gone' });
  expect(await windows.found()).toEqual([]);
});

test('the sweep ends a whole tree, also what is born while it is swept; we are never in it', async () => {
  const windows = machine([
    entry(100, process.pid, 1_000),
    entry(101, 100, 1_001),
    entry(102, 101, 1_002),
    entry(7, 4, 3),
  ]);
  windows.platform.track(MARK, root);
  const signalled: number[] = [];
  const platform: typeof windows.platform = {
    ...windows.platform,
    signal(pid, signal) {
      if (signal === 'SIGKILL' && signalled.push(pid) === 1) windows.start(entry(103, 102, 1_003));
      windows.platform.signal(pid, signal);
    },
  };
  await sweepProcesses({
    platform,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    taskId: 't1',
    known: [],
    find: () => platform.findMarked(MARK, []),
  });
  expect(windows.alive()).toEqual([7]);
  expect(signalled.toSorted()).toEqual([100, 101, 102, 103]);
});

test('nothing is stopped for a while; every other signal ends the process', () => {
  const windows = machine([entry(1, 0, 1), entry(2, 0, 1), entry(3, 0, 1)]);
  windows.platform.signal(1, 'SIGSTOP');
  windows.platform.signal(1, 'SIGCONT');
  windows.platform.signalGroup(2, 'SIGTERM');
  windows.platform.signal(3, 'SIGKILL');
  expect(windows.alive()).toEqual([1]);
});

test('questions of one turn share one look, later ones take a new one', async () => {
  const windows = machine([entry(1, 0, 1, 10), entry(2, 0, 2, 20), entry(3, 0, 3, 30)]);
  await Promise.all([1, 2, 3].map((pid) => windows.platform.identify(pid)));
  expect(windows.looks()).toBe(1);
  expect(await windows.platform.memoryOf([1, 3, 9])).toBe(40);
  expect(await windows.platform.memoryOf([])).toBe(0);
  expect(windows.looks()).toBe(2);
});

test('the process table is read from what PowerShell prints, times exactly', () => {
  const printed =
    '[{"memory":8192,"created":"133456789012345678","parent":0,"pid":4},{"created":"133456789012345679","pid":5,"parent":4,"memory":0}]\r\n';
  expect(parseProcessTable(printed)).toEqual([
    { pid: 4, parentPid: 0, createdAt: 133456789012345678n, memoryBytes: 8_192 },
    { pid: 5, parentPid: 4, createdAt: 133456789012345679n, memoryBytes: 0 },
  ]);
  for (const bad of ['', '{}', '[{"pid":1}]', '[{"pid":1,"parent":0,"created":"","memory":1}]'])
    expect(() => parseProcessTable(bad)).toThrow();
});

test('PATH is what the registry says for machine and user, then our own, each folder once', async () => {
  const asked: string[] = [];
  const printed: Record<string, string> = {
    HKLM: '\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\...\r\n    Path    REG_EXPAND_SZ    %SystemRoot%\\system32;C:\\Tools\\;relative;%NONE%\\x\r\n\r\n',
    HKCU: '\r\nHKEY_CURRENT_USER\\Environment\r\n    Path    REG_SZ    "C:\\Program Files\\a b";C:\\J\uFFFDrgen\\bin;%LITERAL%\r\n\r\n',
  };
  const userPath = createRegistryPath({ SYSTEMROOT: 'C:\\Windows', Path: 'c:\\tools;D:\\own' }, async (key) => {
    asked.push(key);
    return printed[key.slice(0, 4)] ?? '';
  });
  const expected = 'C:\\Windows\\system32;C:\\Tools\\;C:\\Program Files\\a b;D:\\own';
  expect(await userPath()).toBe(expected);
  expect(await userPath()).toBe(expected);
  expect(asked).toHaveLength(2);
  expect(await createRegistryPath({ PATH: 'D:\\own' }, async () => '')()).toBe('D:\\own');
});

test('a program is found by PATHEXT, in its order; scripts without an extension are passed over', async () => {
  const files = new Set([
    'C:\\npm\\claude',
    'C:\\npm\\claude.cmd',
    'C:\\bin\\claude.exe',
    'C:\\bin\\tool.com',
    'C:\\bin\\page.js',
  ]);
  const system = {
    platform: 'win32' as const,
    pathExtensions: '.COM;.EXE;.BAT;.CMD;.JS',
    isExecutable: async (file: string) => files.has(file),
  };
  const find = (command: string, search = 'C:\\npm;relative;C:\\bin') => findExecutable(command, search, system);
  expect(await find('claude')).toBe('C:\\npm\\claude.cmd');
  expect(await find('claude.exe')).toBe('C:\\bin\\claude.exe');
  expect(await find('tool')).toBe('C:\\bin\\tool.com');
  expect(await find('C:\\bin\\claude', '')).toBe('C:\\bin\\claude.exe');
  for (const name of ['page', 'page.js', 'nothing', '.\\claude', 'C:claude', 'sub/claude', 'claude.exe:x', '']) {
    expect(await find(name)).toBeUndefined();
  }
  expect(await findExecutable('claude', 'C:\\npm', { ...system, pathExtensions: '' })).toBe('C:\\npm\\claude.cmd');
});

test('a batch file gets no argument that cmd.exe would read as a further command', () => {
  expect(whyNotBatchFile('C:\\a\\x.exe', ['two\nlines'])).toBeUndefined();
  expect(whyNotBatchFile('C:\\a\\x.cmd', ['a & b', '"quoted"', '100%'])).toBeUndefined();
  for (const text of ['a\nb', 'a\rb', 'a\0b']) {
    expect(whyNotBatchFile('C:\\a\\X.CMD', ['ok', text])).toContain('line break');
    expect(whyNotBatchFile('C:\\a\\x.bat', [text])).toContain('line break');
  }
  expect(whyNotBatchFile('C:\\a\\x.cmd', ['x'.repeat(5_000)])).toContain('longer');
});
