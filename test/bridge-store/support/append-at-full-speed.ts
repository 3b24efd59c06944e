/** Child process of journal-kill.test.ts: appends as fast as it can and says on stdout what is durable. */
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../../src/base/clock.ts';
import { openBridgeLog } from '../../../src/bridge/store/bridge-log.ts';
import { openStateDatabase } from '../../../src/bridge/store/state-database.ts';

const dataDir = process.argv[2] ?? '';
const state = openStateDatabase({ dataDir });
const log = await openBridgeLog({
  state,
  dataDir,
  sealer: () => undefined,
  clock: systemClock,
  logger: pino({ level: 'silent' }),
});
const journal = await log.openTaskJournal('t1', join(dataDir, 't1.ndjson'));
for (let round = 0; ; round++) {
  for (let each = 0; each < 50; each++) {
    const n = journal.end + 1;
    journal.append({ type: 'output_chunk', stream: 'stdout', text: `${n} ${'x'.repeat(n % 700)}`, rawOffset: n });
  }
  const end = journal.end;
  const flushed = journal.flush();
  if (round % 3 === 0) await flushed;
  flushed.then(
    () => process.stdout.write(`${end}\n`),
    () => process.exit(1),
  );
}
