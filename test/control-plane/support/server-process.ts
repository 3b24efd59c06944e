/** A control plane in its own process; tells its address, and its memory when asked. Killed by the test. */
import pino from 'pino';
import { systemClock } from '../../../src/base/clock.ts';
import { createControlPlane } from '../../../src/control-plane/control-plane.ts';

const [dataDir = ''] = process.argv.slice(2);
const { origin, serverId } = await createControlPlane({
  dataDir,
  port: 0,
  logger: pino({ level: 'silent' }),
  clock: systemClock,
  setupSecret: 'setup-secret-of-the-test',
});
process.on('message', () => {
  // Twice: what the first one found of buffers is freed beside it, and counted until the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.(heapUsed + external);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ origin, serverId });
