// The agent of the benchmark: prints `count` lines (line.mjs), flat out or `rate` a second; first it waits for a file to
// be there, if it is told one.
//   node print-lines.mjs COUNT [RATE] [FILE]
import { writeSync } from 'node:fs';
import { begun, line } from './line.mjs';

const count = Number(process.argv[2]);
const rate = Number(process.argv[3] ?? 0);
const FLAT_OUT_BATCH = 64;

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

await begun(process.argv[4]);

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
