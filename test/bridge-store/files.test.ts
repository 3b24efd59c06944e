import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rotatedPath, verifyAuditLog } from '../../src/bridge/store/audit-chain.ts';
import { type AuditLogOptions, openAuditLog } from '../../src/bridge/store/audit-log.ts';
import { createFileSpool } from '../../src/bridge/store/file-spool.ts';
import { createFileSecretStore } from '../../src/bridge/store/secret-store.ts';
import { FILE_MAX_BYTES } from '../../src/protocol/limits.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { logger, makeTempDir, onCleanup } from './support/fixtures.ts';

test('secrets are kept in a file that only its owner may read, whole at every moment', async () => {
  const dir = makeTempDir();
  const path = join(dir, 'secrets.json');
  const secrets = createFileSecretStore({ path, logger });
  expect(await secrets.get('key')).toBeUndefined();
  await Promise.all([secrets.set('key', 'one'), secrets.set('other', 'two')]);
  await secrets.set('key', 'three');
  const again = createFileSecretStore({ path, logger });
  expect([await again.get('key'), await again.get('other'), await again.get('toString')]).toEqual([
    'three',
    'two',
    undefined,
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await again.delete('key');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ other: 'two' });
  expect(readdirSync(dir)).toEqual(['secrets.json']);
});

test('a secrets file that others may read is taken back, and a link or a broken file is refused and left as it is', async () => {
  const dir = makeTempDir();
  const path = join(dir, 'secrets.json');
  writeFileSync(path, '{"key":"v"}', { mode: 0o644 });
  chmodSync(path, 0o644);
  expect(await createFileSecretStore({ path, logger }).get('key')).toBe('v');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const link = join(dir, 'link.json');
  symlinkSync(path, link);
  await expect(createFileSecretStore({ path: link, logger }).get('key')).rejects.toThrow(
    expect.objectContaining({ code: 'secrets_exposed' }),
  );
  writeFileSync(path, '{"key": "the secret');
  const broken = createFileSecretStore({ path, logger });
  const error = (await broken.set('other', 'x').catch((caught: unknown) => caught)) as Error;
  expect(error).toMatchObject({ code: 'secrets_unreadable' });
  expect(error.message).not.toContain('the secret');
  expect(readFileSync(path, 'utf8')).toBe('{"key": "the secret');
});

test('pieces of a file come in order, a repeat changes nothing, and what is too much is refused', () => {
  const folder = join(makeTempDir(), 'spool');
  const spool = createFileSpool({ folder, clock: new VirtualClock(), maxBytes: 20 });
  const bytes = (words: string) => new TextEncoder().encode(words);
  expect(spool.write('f1', 0, bytes('hello ')).ok).toBe(true);
  expect(spool.write('f1', 6, bytes('world')).ok).toBe(true);
  expect(spool.write('f1', 0, bytes('hello ')).ok).toBe(true);
  expect(readFileSync(spool.path('f1'), 'utf8')).toBe('hello world');
  expect([spool.sizeBytes('f1'), spool.sizeBytes('f2')]).toEqual([11, undefined]);
  const codes = [
    spool.write('f1', 12, bytes('x')),
    spool.write('f2', 0, bytes('ten bytes!')),
    spool.write('f2', FILE_MAX_BYTES, bytes('x')),
    spool.write('../escape', 0, bytes('x')),
  ].map((result) => (result.ok ? 'ok' : result.error.code));
  expect(codes).toEqual(['file_missing', 'storage_failed', 'file_too_large', 'file_name_invalid']);
  expect(readdirSync(folder)).toEqual(['f1']);
  spool.remove('f1');
  expect(spool.write('f2', 0, bytes('ten bytes!')).ok).toBe(true);
});

test('the spool never writes through a planted link, and forgets what nobody used for a day', async () => {
  const folder = join(makeTempDir(), 'spool');
  const clock = new VirtualClock();
  clock.wallOffsetMs = Date.now();
  const spool = createFileSpool({ folder, clock });
  const victim = join(folder, '..', 'victim');
  symlinkSync(victim, join(folder, 'f1'));
  expect(spool.write('f1', 0, new Uint8Array(3))).toMatchObject({ ok: false, error: { code: 'storage_failed' } });
  expect(existsSync(victim)).toBe(false);
  spool.write('old', 0, new Uint8Array(3));
  spool.write('new', 0, new Uint8Array(3));
  const yesterday = clock.now() / 1000 - 86_401;
  utimesSync(join(folder, 'old'), yesterday, yesterday);
  await clock.advance(3_600_001);
  spool.write('new', 3, new Uint8Array(3));
  expect(spool.sizeBytes('old')).toBeUndefined();
  expect(spool.sizeBytes('new')).toBe(6);
});

function openAudit(path: string, overrides: Partial<AuditLogOptions> = {}) {
  const audit = openAuditLog({ path, clock: new VirtualClock(), logger, ...overrides });
  onCleanup(() => audit.dispose());
  return audit;
}

test('each audit line holds the hash of the one before, also over restarts and a torn last line', async () => {
  const path = join(makeTempDir(), 'audit.ndjson');
  openAudit(path).append({ event: 'command_done', commandId: 'c1' });
  openAudit(path).append({ event: 'command_refused', commandId: 'c2', code: 'device_unknown' });
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"at":1,"ev`);
  openAudit(path).append({ event: 'command_done', commandId: 'c3' });
  expect(await verifyAuditLog(path)).toEqual({ ok: true, value: { lines: 3 } });
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
});

test('a changed, removed or foreign line is found, and named by its number', async () => {
  const path = join(makeTempDir(), 'audit.ndjson');
  const audit = openAudit(path);
  for (const commandId of ['c1', 'c2', 'c3', 'c4']) audit.append({ event: 'command_done', commandId });
  const whole = readFileSync(path, 'utf8');
  const lines = whole.split('\n');
  writeFileSync(path, whole.replace('c2', 'cX'));
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { line: 3 } });
  writeFileSync(path, [lines[0], lines[2], lines[3], ''].join('\n'));
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { line: 2 } });
  writeFileSync(path, `${lines[0]}\nnot json\n`);
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { line: 2 } });
});

test('the audit log is bounded: it turns over, and the chain goes on', async () => {
  const path = join(makeTempDir(), 'audit.ndjson');
  const audit = openAudit(path, { rotateAboveBytes: 1_000 });
  for (let n = 0; n < 60; n++) audit.append({ event: 'command_done', commandId: `c${n}` });
  const before = readFileSync(rotatedPath(path), 'utf8').trimEnd().split('\n');
  const after = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(before.length + after.length).toBeLessThan(60);
  const lines = before.length + after.length;
  expect(await verifyAuditLog(path)).toEqual({ ok: true, value: { lines } });
  writeFileSync(path, `${after.map((line, at) => (at === 2 ? line.replace('"c', '"x') : line)).join('\n')}\n`);
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { file: path, line: 4 } });
  writeFileSync(path, `${after.slice(1).join('\n')}\n`);
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { file: path, line: 1 } });
  writeFileSync(path, `${after.join('\n')}\n`);
  writeFileSync(rotatedPath(path), `${before.slice(0, -1).join('\n')}\n`);
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { file: path, line: 1 } });
  rmSync(rotatedPath(path));
  expect(await verifyAuditLog(path)).toMatchObject({ ok: false, error: { file: path, line: 1 } });
});
