import { expect, test } from 'vitest';
import { createDarwinPlatform } from '../../src/bridge/providers/supervisor/platform-darwin.ts';

const FIELDS = ['-E', '-ww', '-o', 'pid=,ppid=,stat=,lstart=,command='];
const MARK = 'CTRLNODE_TASK=t1';

// As ps of macOS prints: padded numbers, a date of fixed width, then arguments and environment as one.
const TABLE = `
    1     0 Ss   Sun Nov  1 08:00:01 2026     /sbin/launchd
  501     1 Ss   Sun Nov 22 09:10:11 2026     /opt/agent --serve HOME=/Users/u ${MARK} CTRLNODE_RUN=r1
  502   501 S+   Sun Nov 22 09:10:12 2026     /bin/sleep 60
  503   502 S    Sun Nov 22 09:10:13 2026     sh -c true ${MARK}
  504     1 Z    Sun Nov 22 09:10:14 2026     (agent) ${MARK}
  505     1 S    Sun Nov 22 09:10:15 2026     vim notes ${MARK}2
  506     1 S    Sun Nov 22 09:10:16 2026     vim x=${MARK}
${process.pid}   501 R    Sun Nov 22 09:10:17 2026     node bridge ${MARK}
garbage
`;

function platformOver(printed: string) {
  const asked: (readonly string[])[] = [];
  const platform = createDarwinPlatform(async (args) => {
    asked.push(args);
    return printed;
  });
  return { platform, asked };
}

test('finds the marked processes and their descendants, but no zombie, no other task, and not us', async () => {
  const { platform, asked } = platformOver(TABLE);
  const found = await platform.findMarked(MARK, []);
  expect(found.toSorted((a, b) => a.pid - b.pid)).toEqual([
    { pid: 501, startedAt: 'Sun Nov 22 09:10:11 2026' },
    { pid: 502, startedAt: 'Sun Nov 22 09:10:12 2026' },
    { pid: 503, startedAt: 'Sun Nov 22 09:10:13 2026' },
  ]);
  expect(asked).toEqual([['-ax', ...FIELDS]]);
});

test('tells a process by its start time; one that is gone or a zombie has no identity', async () => {
  const alive = platformOver('  77     1 S    Sun Nov  1 08:00:01 2026     sleep 1\n');
  expect(await alive.platform.identify(77)).toEqual({ pid: 77, startedAt: 'Sun Nov  1 08:00:01 2026' });
  expect(alive.asked).toEqual([['-p', '77', ...FIELDS]]);
  const zombie = platformOver('  77     1 Z+   Sun Nov  1 08:00:01 2026     (sleep)\n');
  expect(await zombie.platform.identify(77)).toBeUndefined();
  expect(await platformOver('').platform.identify(77)).toBeUndefined();
});

test('adds up what the processes hold, in one question, and asks none about nobody', async () => {
  const { platform, asked } = platformOver('  1024\n 2048\n\n');
  expect(await platform.memoryOf([5, 6, 7])).toBe(3_072 * 1_024);
  expect(await platform.memoryOf([])).toBe(0);
  expect(asked).toEqual([['-o', 'rss=', '-p', '5,6,7']]);
});
