// An agent that prints numbered lines on both outputs and writes down, outside of everything that is broken on purpose,
// that it started.
//   node printing-agent.mjs EFFECTS COUNT LINES_PER_SECOND   (COUNT 0: until it is ended; rate 0: flat out)
import { spawn } from 'node:child_process';
import { appendFileSync, writeSync } from 'node:fs';

const [effects, count, rate] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const task = process.env.CTRLNODE_TASK;
// Characters of one to four bytes, so that a cut in the middle of one shows.
const PADDING = 'naïve 漢字 😀 '.repeat(4);
const BATCH = 50;
const last = count === 0 ? Number.POSITIVE_INFINITY : count;

appendFileSync(effects, `start ${task} ${process.pid}\n`);
// One that has left its session and must be found all the same.
spawn('sleep', ['3600'], { detached: true, stdio: 'ignore' }).unref();

let printed = 0;
if (rate === 0) {
  while (printed < last) await print(BATCH);
  finish();
} else {
  const startedAt = performance.now();
  setInterval(async () => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    if (due > printed) await print(due - printed);
    if (printed >= last) finish();
  }, 20);
}

function finish() {
  appendFileSync(effects, `printed ${task} ${printed}\n`);
  process.exit(0);
}

async function print(lines) {
  let text = '';
  for (let left = Math.min(lines, last - printed); left > 0; left--) {
    printed++;
    text += `${printed} ${PADDING}\n`;
    if (printed % BATCH === 0) write(2, `${printed} ${PADDING}\n`);
  }
  write(1, text);
  await new Promise(setImmediate);
}

// On a full disk it waits and goes on where it was, as a program that must not lose anything does.
function write(descriptor, text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (error.code !== 'ENOSPC' && error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
