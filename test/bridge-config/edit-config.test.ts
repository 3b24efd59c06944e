import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  authoritiesOf,
  forgetAuthorities,
  readAuthorities,
  trustAuthorities,
} from '../../src/bridge/config/authority.ts';
import { changeLimits, limitsOf } from '../../src/bridge/config/edit-limits.ts';
import { addWorkspace } from '../../src/bridge/config/edit-workspaces.ts';
import { loadConfig } from '../../src/bridge/config/load.ts';
import { makeTempDir } from '../bridge-store/support/fixtures.ts';
import { makeCertificate } from '../support/certificates.ts';

let folder: string;
beforeEach(() => {
  folder = makeTempDir();
});
const file = (name: string) => join(folder, name);
const text = () => readFileSync(file('config.json'), 'utf8');
const written = () => JSON.parse(text());
const configure = (config: object) => writeFileSync(file('config.json'), JSON.stringify(config));

describe('limits', () => {
  test('are written into the file, which stays as it is otherwise', () => {
    const providers = { command: { programs: { tests: { command: 'npm' } } } };
    configure({ providers, name: 'studio', limits: { minutesPerTask: 5, tasksAtOnce: 2 } });
    expect(changeLimits(folder, { 'limits.tasksAtOnce': 8, 'approvals.deadlineHours': 0.5 })).toEqual({});
    expect(written()).toEqual({
      ...{ providers, name: 'studio' },
      limits: { minutesPerTask: 5, tasksAtOnce: 8 },
      approvals: { deadlineHours: 0.5 },
    });
    expect(limitsOf(loadConfig(folder))).toMatchObject({ 'limits.tasksAtOnce': 8, 'approvals.deadlineHours': 0.5 });
  });

  test('are taken out again, and the default holds', () => {
    configure({ limits: { minutesPerTask: 5, tasksAtOnce: 2 } });
    expect(changeLimits(folder, { 'limits.minutesPerTask': null, 'limits.tasksAtOnce': null })).toEqual({});
    expect(written().limits).toEqual({});
    expect(limitsOf(loadConfig(folder))).toMatchObject({ 'limits.minutesPerTask': null, 'limits.tasksAtOnce': 4 });
  });

  test.each([
    ['limits.tasksAtOnce', 0, 'must be a whole number from 1 to 1,000'],
    ['limits.tasksAtOnce', 2.5, 'must be a whole number from 1 to 1,000'],
    ['limits.tasksAtOncePerProvider', 1_001, 'must be a whole number from 1 to 1,000'],
    ['limits.minutesPerTask', 0, 'must be a number above 0, at most 100,000'],
    ['limits.memoryMegabytesPerTask', -1, 'must be a whole number from 1 to 100,000,000'],
    ['approvals.deadlineHours', 721, 'must be a number above 0, at most 720'],
  ] as const)('that cannot be are said by name, and nothing is written: %s %d', (name, value, problem) => {
    configure({ limits: { minutesPerTask: 5 } });
    const before = text();
    expect(changeLimits(folder, { 'limits.waitingMegabytes': 10, [name]: value })).toEqual({ [name]: problem });
    expect(text()).toBe(before);
  });

  test('are not written into a file that the engine cannot read', () => {
    configure({ nonsense: true });
    const before = text();
    expect(() => changeLimits(folder, { 'limits.tasksAtOnce': 8 })).toThrow(/config\.json is not valid/);
    expect(text()).toBe(before);
  });
});

test('a workspace that is added leaves the rest of the file as it is, and no other file behind', () => {
  configure({ name: 'studio', limits: { tasksAtOnce: 2 }, workspaces: { a: '/a' } });
  expect(addWorkspace(folder, '/somewhere/My site')).toBe('My site');
  expect(written()).toMatchObject({ name: 'studio', limits: { tasksAtOnce: 2 } });
  expect(readdirSync(folder)).toEqual(['config.json']);
});

describe('authorities', () => {
  const first = makeCertificate('Example Root');
  const second = makeCertificate('Example Proxy');
  const choose = (content: string): string => {
    writeFileSync(file('chosen.pem'), content);
    return file('chosen.pem');
  };

  test('are copied without what else the file holds, shown in plain words, and forgotten', () => {
    configure({ name: 'studio' });
    trustAuthorities(folder, choose(`# ours\n${first.cert}${first.key}${second.cert}`));
    const copy = file('authorities.pem');
    expect(written()).toEqual({ name: 'studio', tls: { caFile: copy } });
    expect(readFileSync(copy, 'utf8')).not.toContain('PRIVATE');
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readAuthorities(copy)).toBe(`${first.cert.trim()}\n${second.cert.trim()}`);
    const inThirtyDays = Date.now() + 30 * 24 * 3_600_000;
    const trusted = authoritiesOf(loadConfig(folder));
    expect(trusted).toMatchObject({
      problem: null,
      certificates: [{ name: 'Example Root' }, { name: 'Example Proxy' }],
    });
    expect(Math.abs((trusted?.certificates[0]?.expiresAt ?? 0) - inThirtyDays)).toBeLessThan(60_000);
    forgetAuthorities(folder);
    expect(written()).toEqual({ name: 'studio', tls: {} });
    expect([existsSync(copy), authoritiesOf(loadConfig(folder))]).toEqual([false, null]);
  });

  test('forgetting them leaves a file alone that the user named', () => {
    const own = choose(first.cert);
    configure({ tls: { caFile: own } });
    forgetAuthorities(folder);
    expect([existsSync(own), written()]).toEqual([true, { tls: {} }]);
  });

  test.each([
    ['has none', 'hello', /holds no certificate in PEM form/],
    ['holds only a key', first.key, /holds no certificate in PEM form/],
    [
      'is damaged',
      `${first.cert}${second.cert.replace(/\n[^\n]{10}/, '\n')}`,
      /Certificate 2 of 2 in this file is damaged/,
    ],
    ['is very large', 'x'.repeat(1024 * 1024 + 1), /larger than 1 MB/],
  ])('a file that %s is refused, and nothing is written', (_what, content, problem) => {
    configure({});
    expect(() => trustAuthorities(folder, choose(content))).toThrow(problem);
    expect([written(), existsSync(file('authorities.pem'))]).toEqual([{}, false]);
  });

  test('whose file is gone are shown with why they do not count', () => {
    configure({ tls: { caFile: file('gone.pem') } });
    expect(authoritiesOf(loadConfig(folder))).toMatchObject({
      certificates: [],
      problem: expect.stringContaining('gone.pem cannot be read'),
    });
    expect(() => readAuthorities(file('gone.pem'))).toThrow(
      /tls\.caFile do not count: The file .*gone\.pem cannot be read/,
    );
  });
});
