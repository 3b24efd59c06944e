import { existsSync } from 'node:fs';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { codeOf, messageOf } from '../../src/base/errors.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { mountTinyDisk } from '../support/tiny-disk.ts';
import { createAccount, pairBridge } from './support/account.ts';
import { connect } from './support/link.ts';
import { openPage } from './support/page.ts';
import { createFolder, startServer } from './support/server.ts';

async function failureOf(options: Parameters<typeof startServer>[0]): Promise<string> {
  const error = await startServer(options).then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  );
  expect(messageOf(error)).toMatch(/^[A-Z].*\.$/);
  return codeOf(error) ?? messageOf(error);
}

test('a port in use is said so, and nothing is left open', async () => {
  const dataDir = await createFolder();
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void blocker.close());
  const address = blocker.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  expect(await failureOf({ dataDir, port })).toBe('port_in_use');
  await startServer({ dataDir });
});

test('an address that this machine has not is said so', async () => {
  expect(await failureOf({ host: '192.0.2.1' })).toBe('address_unavailable');
});

test('a data folder that cannot be made or written is said so', async () => {
  const folder = await createFolder();
  await writeFile(join(folder, 'file'), '');
  expect(await failureOf({ dataDir: join(folder, 'file', 'data') })).toBe('data_dir_unwritable');
  expect(await failureOf({ dataDir: join(folder, 'file') })).toBe('data_dir_unwritable');
  if (process.getuid?.() === 0) return;
  await chmod(folder, 0o500);
  expect(await failureOf({ dataDir: folder })).toBe('data_dir_unwritable');
  await chmod(folder, 0o700);
});

test('a full disk is said so, and the control plane starts once there is room', async (context) => {
  const disk = mountTinyDisk(onTestFinished);
  if (disk === undefined) return context.skip('this user may not mount a tmpfs');
  const makeRoom = disk.fill();
  expect(await failureOf({ dataDir: join(disk.path, 'data') })).toBe('data_dir_unwritable');
  makeRoom();
  await startServer({ dataDir: join(disk.path, 'data') });
});

test('a disk that became read-only is said so, and the control plane starts once it can be written', async (context) => {
  const disk = mountSmallDisk(await createFolder(), 4_096);
  if (disk === undefined) return context.skip('this user may not mount a tmpfs');
  onTestFinished(() => disk.unmount());
  const first = await startServer({ dataDir: disk.path });
  await first.close();
  disk.setReadOnly(true);
  expect(await failureOf({ dataDir: disk.path })).toBe('data_dir_unwritable');
  disk.setReadOnly(false);
  const { serverId } = await startServer({ dataDir: disk.path });
  expect(serverId).toBe(first.serverId);
});

test('a folder that another control plane uses is left alone', async () => {
  const server = await startServer();
  expect(await failureOf({ dataDir: server.dataDir })).toBe('data_dir_in_use');
  await createAccount(server);
  await server.close();
  await startServer({ dataDir: server.dataDir });
});

test('a damaged database is said so and not touched', async () => {
  const dataDir = await createFolder();
  const file = join(dataDir, 'control-plane.sqlite');
  await writeFile(file, 'this is no database, whatever its name says. '.repeat(200));
  const before = await stat(file);
  expect(await failureOf({ dataDir })).toBe('database_damaged');
  expect((await stat(file)).size).toBe(before.size);
});

test('a database of a newer version is said so and not touched', async () => {
  const server = await startServer();
  await server.close();
  const db = new Sqlite(join(server.dataDir, 'control-plane.sqlite'));
  db.prepare('insert into kysely_migration (name, timestamp) values (?, ?)').run('9999-later', 'now');
  db.close();
  expect(await failureOf({ dataDir: server.dataDir })).toBe('database_newer');
});

test('a data folder is made for its owner only, and the server keeps its id', async () => {
  const dataDir = join(await createFolder(), 'a', 'b');
  const server = await startServer({ dataDir });
  expect((await stat(dataDir)).mode & 0o077).toBe(0);
  await server.close();
  expect(existsSync(join(dataDir, 'control-plane.sqlite-wal'))).toBe(false);
  expect((await startServer({ dataDir })).serverId).toBe(server.serverId);
});

test('closing twice is closing once', async () => {
  const server = await startServer();
  await Promise.all([server.close(), server.close()]);
  await expect(fetch(server.origin)).rejects.toThrow();
});

test('closing cuts peers that do not answer, and takes less than two seconds', async () => {
  const server = await startServer();
  const { owner } = await createAccount(server);
  const link = await connect(server, await pairBridge(server, owner));
  const page = await openPage(server, owner);
  for (const { socket } of [link, page]) socket.pause();
  const startedAt = performance.now();
  await server.close();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  for (const { socket } of [link, page]) socket.terminate();
});
