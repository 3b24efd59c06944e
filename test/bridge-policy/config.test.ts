import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/bridge/config/load.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';

function load(config: object) {
  const folder = makeTempDir();
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return loadConfig(folder);
}

test('a folder is a path, or a path with whether questions are asked; asked unless the user says otherwise', () => {
  const folders = { plain: '/a', same: { path: '/b' }, free: { path: '/c', approvals: 'allow' } };
  const expected = {
    plain: { path: '/a', approvals: 'ask' },
    same: { path: '/b', approvals: 'ask' },
    free: { path: '/c', approvals: 'allow' },
  };
  expect(load({ workspaces: folders, projects: folders })).toMatchObject({ workspaces: expected, projects: expected });
  expect(load({})).toMatchObject({ workspaces: { default: { approvals: 'ask' } }, projects: {} });
});

test('a mistake in a folder is an error that names it, not a silent default', () => {
  const loading = (folder: unknown) => () => load({ projects: { shop: folder } });
  expect(loading({ path: '/a', approvals: 'never' })).toThrow('projects.shop.approvals: ');
  expect(loading({ path: '/a', aprovals: 'allow' })).toThrow(/projects\.shop: .*aprovals/);
  expect(loading({ approvals: 'allow' })).toThrow('projects.shop.path: ');
  expect(loading('')).toThrow('projects.shop.path: ');
  expect(loading(7)).toThrow('projects.shop: ');
  expect(() => load({ projects: { '../x': '/a' } })).toThrow('projects');
});
