import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createFileInside,
  removeFileInside,
  safeJoin,
  taskFolderPath,
} from '../../src/bridge/policy/task-folder-path.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';

function codeOf(result: { ok: boolean; error?: { code: string } }): string {
  return result.ok ? 'ok' : (result.error?.code ?? '');
}

test('a task’s folder is below the workspace, unless something there is not a plain folder', () => {
  const workspace = makeTempDir();
  expect(taskFolderPath(workspace, 't1')).toEqual({ ok: true, value: join(workspace, 'tasks', 't1') });
  for (const taskId of ['..', '../x', 'a/b', '', 'A', 'con'])
    expect(codeOf(taskFolderPath(workspace, taskId))).toBe('command_malformed');
  const outside = makeTempDir();
  mkdirSync(join(workspace, 'tasks'));
  symlinkSync(outside, join(workspace, 'tasks', 't2'));
  expect(codeOf(taskFolderPath(workspace, 't2'))).toBe('workspace_not_allowed');
  const linked = makeTempDir();
  symlinkSync(outside, join(linked, 'tasks'));
  expect(codeOf(taskFolderPath(linked, 't1'))).toBe('workspace_not_allowed');
});

test('a file is made anew under a plain name only', () => {
  const folder = makeTempDir();
  const made = createFileInside(folder, 'Grüße 1.txt');
  if (!made.ok) throw new Error(made.error.message);
  writeSync(made.value, 'hello');
  closeSync(made.value);
  expect(readFileSync(join(folder, 'Grüße 1.txt'), 'utf8')).toBe('hello');
  expect(codeOf(createFileInside(folder, 'Grüße 1.txt'))).toBe('file_name_invalid');
  for (const name of ['../x', 'a/b', '..', '', 'nul', 'a\0b', 'a:b', 'x.', 'x'.repeat(300)])
    expect(codeOf(createFileInside(folder, name))).toBe('file_name_invalid');
  expect(readdirSync(folder)).toEqual(['Grüße 1.txt']);
});

test('nothing is written or removed through a symbolic link, wherever somebody planted it', () => {
  const root = makeTempDir();
  const outside = makeTempDir();
  writeFileSync(join(outside, 'victim'), 'precious');
  const folder = join(root, 'context-files');
  mkdirSync(folder);
  symlinkSync(join(outside, 'victim'), join(folder, 'a'));
  symlinkSync(join(outside, 'new'), join(folder, 'b'));
  symlinkSync(outside, join(root, 'linked'));
  expect(codeOf(createFileInside(folder, 'a'))).toBe('file_name_invalid');
  expect(codeOf(createFileInside(folder, 'b'))).toBe('file_name_invalid');
  expect(codeOf(createFileInside(join(root, 'linked'), 'c'))).toBe('workspace_not_allowed');
  expect(codeOf(safeJoin(join(root, 'linked'), 'c'))).toBe('workspace_not_allowed');
  removeFileInside(join(root, 'linked'), 'victim');
  removeFileInside(folder, 'a');
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('precious');
  expect(existsSync(join(folder, 'a'))).toBe(false);
});

const SWAPPING = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [folder, outside] = process.argv.slice(1);
for (;;) {
  renameSync(folder, folder + '-away');
  symlinkSync(outside, folder);
  // Long enough for a file to be made, and looked for, behind it.
  for (const end = performance.now() + 0.1; performance.now() < end; );
  unlinkSync(folder);
  renameSync(folder + '-away', folder);
  for (const end = performance.now() + 0.1 * Math.random(); performance.now() < end; );
}`;

test('a folder that is swapped for a link again and again never gets a file behind it', async () => {
  const folder = join(makeTempDir(), 'context-files');
  const outside = makeTempDir();
  mkdirSync(folder);
  const swapping = spawn(process.execPath, ['-e', SWAPPING, folder, outside], { stdio: 'ignore' });
  const behind: string[] = [];
  const seen = new Set<string>();
  const end = performance.now() + 2_000;
  for (let n = 0; performance.now() < end; n++) {
    const made = createFileInside(folder, `${n}`);
    seen.add(codeOf(made));
    if (!made.ok) continue;
    if (existsSync(join(outside, `${n}`))) behind.push(`${n}`);
    closeSync(made.value);
  }
  swapping.kill('SIGKILL');
  await once(swapping, 'exit');
  expect(behind).toEqual([]);
  expect([...seen]).toEqual(expect.arrayContaining(['ok', 'workspace_not_allowed']));
});
