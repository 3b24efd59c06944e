// Bridges with nothing to do, by the product's own dial and channel: a process of `idle-bridges.ts`, which tells it who
// they are. Says how many came online; ends when its parent lets go.
import { fromBase64 } from '../../src/base/base64.ts';
import { systemClock } from '../../src/base/clock.ts';
import { signNatively } from '../../src/bridge/identity/native-signature.ts';
import { dial } from '../../src/bridge/link/dial.ts';
import { Channel } from '../../src/channel/channel.ts';
import { createToken } from '../../src/sealing/token.ts';
import type { BridgeKey, IdleBridgesOrder } from './idle-bridges.ts';

const DIALS_AT_ONCE = 16;
/** As a bridge does, which tries again. Each failure is told. */
const DIALS_MAX = 5;

let isEnding = false;
process.on('disconnect', () => {
  isEnding = true;
  process.exit(0);
});
process.once('message', async (order: IdleBridgesOrder) => {
  const waiting = [...order.keys];
  let online = 0;
  const dialNext = async (): Promise<void> => {
    for (let key = waiting.pop(); key; key = waiting.pop()) if (await connectAtLast(key, order)) online++;
  };
  await Promise.all(Array.from({ length: DIALS_AT_ONCE }, dialNext));
  process.send?.({ online });
});

async function connectAtLast(key: BridgeKey, order: IdleBridgesOrder): Promise<boolean> {
  for (let dialNumber = 1; dialNumber <= DIALS_MAX; dialNumber++) if (await connect(key, order)) return true;
  return false;
}

async function connect({ deviceId, secretKey }: BridgeKey, { origin, serverId }: IdleBridgesOrder): Promise<boolean> {
  const key = fromBase64(secretKey);
  const token = (): string =>
    createToken({ deviceId, secretKey: key, serverId, nowMs: Date.now(), sign: signNatively });
  const dialled = await dial({ origin, createToken: token }, new AbortController().signal);
  if (!dialled.ok) {
    process.stderr.write(`A bridge could not dial: ${dialled.error.message}\n`);
    return false;
  }
  const { transport, listen } = dialled.value;
  const channel = new Channel({ role: 'dialler', transport, clock: systemClock });
  const opened = new Promise<boolean>((resolve) => {
    channel.onDidOpen(() => resolve(true));
    channel.onDidClose(({ code, reason }) => {
      if (!isEnding) process.stderr.write(`A bridge's link was closed (${code} ${reason}).\n`);
      resolve(false);
    });
  });
  listen({
    onMessage: (text) => channel.receive(text),
    onClose: (code, reason) => channel.transportClosed(code, reason),
  });
  channel.start();
  return opened;
}
