// The agent of the benchmark: prints `count` lines of 200 bytes, each with its number and the time it was written
// (CLOCK_MONOTONIC in nanoseconds, the same clock in every process), flat out or `rate` a second.
//   node print-lines.mjs COUNT [RATE]
import { writeSync } from 'node:fs';

const count = Number(process.argv[2]);
const rate = Number(process.argv[3] ?? 0);
const LINE_BYTES = 200;
const FLAT_OUT_BATCH = 64;

function line(number) {
  return `${`${number} ${process.hrtime.bigint()} `.padEnd(LINE_BYTES - 1, 'x')}\n`;
}

function write(text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

if (rate === 0) {
  for (let number = 1; number <= count; ) {
    let text = '';
    for (let i = 0; i < FLAT_OUT_BATCH && number <= count; i++) text += line(number++);
    write(text);
  }
} else {
  const startedAt = process.hrtime.bigint();
  let number = 1;
  const tick = () => {
    const due = Math.min(count, Math.floor((Number(process.hrtime.bigint() - startedAt) / 1e9) * rate));
    while (number <= due) write(line(number++));
    if (number <= count) setTimeout(tick, 1);
  };
  tick();
}
