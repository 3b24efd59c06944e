import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FolderConfig } from '../../src/bridge/policy/allowed-folder.ts';
import { createProjects } from '../../src/bridge/policy/projects.ts';
import { createWorkspaces } from '../../src/bridge/policy/workspaces.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';

function makeHome() {
  const root = makeTempDir();
  const homeDir = join(root, 'home');
  const dataDir = join(homeDir, '.data', 'bridge');
  mkdirSync(dataDir, { recursive: true });
  return { root, homeDir, dataDir };
}

function foldersAt(paths: Record<string, string>): Record<string, FolderConfig> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, { path, approvals: 'ask' }]));
}

test('a folder is made if it is missing, and is known by its real path', () => {
  const { root, homeDir, dataDir } = makeHome();
  mkdirSync(join(root, 'real'));
  symlinkSync(join(root, 'real'), join(homeDir, 'link'));
  const folders = foldersAt({
    new: join(homeDir, 'a', 'b'),
    linked: join(homeDir, 'link'),
    beside: join(homeDir, '.data', 'workspace'),
  });
  const workspaces = createWorkspaces({ folders, homeDir, dataDir });
  expect(workspaces.problems).toEqual([]);
  expect(workspaces.list).toEqual([
    { name: 'new', path: join(homeDir, 'a', 'b'), approvals: 'ask' },
    { name: 'linked', path: realpathSync(join(root, 'real')), approvals: 'ask' },
    { name: 'beside', path: join(homeDir, '.data', 'workspace'), approvals: 'ask' },
  ]);
  expect(workspaces.resolve('linked')).toEqual({ ok: true, value: join(root, 'real') });
  expect(workspaces.resolve('other')).toMatchObject({
    ok: false,
    error: { code: 'workspace_not_allowed', message: /“other”/ },
  });
});

test('folders that would give a task too much are refused, each with a sentence, and the others still work', () => {
  const { root, homeDir, dataDir } = makeHome();
  writeFileSync(join(homeDir, 'file'), '');
  symlinkSync('/', join(homeDir, 'disk'));
  symlinkSync(dataDir, join(homeDir, 'sneaky'));
  const folders = foldersAt({
    root: '/',
    home: homeDir,
    above: root,
    data: dataDir,
    aroundData: join(homeDir, '.data'),
    inData: join(dataDir, 'inner'),
    linkToRoot: join(homeDir, 'disk'),
    linkToData: join(homeDir, 'sneaky'),
    file: join(homeDir, 'file'),
    belowFile: join(homeDir, 'file', 'x'),
    relative: 'somewhere',
    good: join(homeDir, 'good'),
  });
  const workspaces = createWorkspaces({ folders, homeDir, dataDir });
  expect(workspaces.list).toEqual([{ name: 'good', path: join(homeDir, 'good'), approvals: 'ask' }]);
  expect(Object.fromEntries(workspaces.problems.map(({ name, message }) => [name, message]))).toEqual({
    root: expect.stringContaining('whole disk'),
    home: expect.stringContaining('home folder itself'),
    above: expect.stringContaining('holds your home folder'),
    data: expect.stringContaining('data folder'),
    aroundData: expect.stringContaining('data folder'),
    inData: expect.stringContaining('data folder'),
    linkToRoot: expect.stringContaining('whole disk'),
    linkToData: expect.stringContaining('data folder'),
    file: expect.stringMatching(/not a folder|EEXIST/),
    belowFile: expect.stringContaining('cannot be used'),
    relative: expect.stringContaining('absolute path'),
  });
  expect(existsSync(join(dataDir, 'inner'))).toBe(false);
});

test('a workspace that was replaced by a link, or removed, since the start is refused when it is used', () => {
  const { root, homeDir, dataDir } = makeHome();
  const path = join(homeDir, 'work');
  const workspaces = createWorkspaces({ folders: foldersAt({ work: path }), homeDir, dataDir });
  expect(workspaces.resolve('work').ok).toBe(true);
  renameSync(path, join(root, 'moved'));
  symlinkSync(join(root, 'moved'), path);
  expect(workspaces.resolve('work')).toMatchObject({ ok: false, error: { code: 'workspace_not_allowed' } });
  rmSync(path);
  expect(workspaces.resolve('work')).toMatchObject({ ok: false, error: { message: /gone or was replaced/ } });
});

test('a project is never made, knows whether it is a git repository, and is not offered while it is gone', () => {
  const { root, homeDir, dataDir } = makeHome();
  const shop = join(homeDir, 'shop');
  mkdirSync(join(shop, '.git'), { recursive: true });
  mkdirSync(join(homeDir, 'notes'));
  symlinkSync('/', join(homeDir, 'disk'));
  const folders = foldersAt({
    shop,
    notes: join(homeDir, 'notes'),
    missing: join(homeDir, 'missing'),
    home: homeDir,
    above: root,
    data: dataDir,
    disk: join(homeDir, 'disk'),
    relative: 'shop',
  });
  folders.notes = { path: join(homeDir, 'notes'), approvals: 'allow' };
  const projects = createProjects({ folders, homeDir, dataDir });
  expect(projects.list()).toEqual([
    { name: 'shop', path: shop, approvals: 'ask', isGit: true },
    { name: 'notes', path: join(homeDir, 'notes'), approvals: 'allow', isGit: false },
  ]);
  expect(Object.fromEntries(projects.problems.map(({ name, message }) => [name, message]))).toEqual({
    missing: expect.stringContaining('is not a folder'),
    home: expect.stringContaining('cannot be a project'),
    above: expect.stringContaining('holds your home folder'),
    data: expect.stringContaining('data folder'),
    disk: expect.stringContaining('whole disk'),
    relative: expect.stringContaining('absolute path'),
  });
  expect(existsSync(join(homeDir, 'missing'))).toBe(false);
  expect(projects.resolve('shop')).toEqual({ ok: true, value: shop });
  expect(projects.resolve('other')).toMatchObject({ error: { code: 'project_not_allowed', message: /“other”/ } });

  renameSync(shop, join(root, 'moved'));
  symlinkSync(join(root, 'moved'), shop);
  expect(projects.resolve('shop')).toMatchObject({ error: { code: 'project_not_allowed', message: /was replaced/ } });
  expect(projects.list().map(({ name }) => name)).toEqual(['notes']);
});
