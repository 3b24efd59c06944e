import { type ChildProcess, spawn } from 'node:child_process';

// Reads until the pipe from us ends, which is when we end, in whatever way; then asks, and after a while insists.
const SCRIPT = `trap '' INT TERM HUP
read -r word && exit
kill -TERM "$1" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$1" 2>/dev/null || exit; done
kill -KILL "$1" 2>/dev/null`;

/** Ends `child` when this process dies, also by an exception, a signal or SIGKILL. */
export function endWithParent(child: ChildProcess): void {
  const watcher: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT, 'end-with-parent', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pipe = watcher.stdin;
  child.once('exit', () => pipe?.end('done\n'));
  // That it was gone before is no harm.
  watcher.on('error', () => {});
  pipe?.on('error', () => {});
  // It keeps nobody waiting.
  watcher.unref();
  if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}
