/** A TCP proxy on loopback whose faults are switched on and off while it runs. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createDelayLine, type DelayLine } from './delay-line.ts';

export type Direction = 'up' | 'down';

/** `up` is from whoever dialled towards the server. */
interface Pair {
  readonly up: Socket;
  readonly down: Socket;
  readonly swallowed: Set<Direction>;
  readonly lines: Record<Direction, DelayLine>;
}

export interface FaultProxy {
  readonly port: number;
  cut(): void;
  /** Stops reading one way on the connections of now; gives what ends it. */
  stall(direction: Direction): () => void;
  /** Everything takes longer from now on, in order; 0 ends it. */
  setDelay(delayMs: number): void;
  /** The connections of now swallow what comes this way, for ever. */
  swallow(directions: readonly Direction[]): void;
  /** New connections are accepted and never answered, until it is ended. */
  mute(): () => void;
  /** The first bytes of the newest upgrade of a bridge: its request, its token included. */
  readonly lastUpgrade: Buffer | undefined;
  close(): Promise<void>;
}

const REQUEST_MAX_BYTES = 16_384;

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  const muted = new Set<Socket>();
  let delayMs = 0;
  let mutes = 0;
  let lastUpgrade: Buffer | undefined;

  const server = createServer({ noDelay: true }, (up) => {
    up.on('error', () => {});
    if (mutes > 0) {
      muted.add(up.resume());
      up.on('close', () => muted.delete(up));
      return;
    }
    const down = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    down.on('error', () => {});
    const swallowed = new Set<Direction>();
    const lineTo = (socket: Socket, direction: Direction): DelayLine =>
      createDelayLine((bytes) => {
        if (!swallowed.has(direction) && socket.writable) socket.write(bytes);
      });
    const pair: Pair = { up, down, swallowed, lines: { up: lineTo(down, 'up'), down: lineTo(up, 'down') } };
    pairs.add(pair);
    let request: Buffer | undefined = Buffer.alloc(0);
    up.on('data', (bytes) => {
      request = request && keepRequest(Buffer.concat([request, bytes]));
      pair.lines.up.push(bytes, delayMs);
    });
    down.on('data', (bytes) => pair.lines.down.push(bytes, delayMs));
    // What is half-open tells neither side that the other one is gone.
    const ended = (direction: Direction): void => {
      if (!pair.swallowed.has(direction)) endPair(pair);
    };
    up.on('close', () => ended('up'));
    down.on('close', () => ended('down'));
  });

  function keepRequest(bytes: Buffer): Buffer | undefined {
    if (!bytes.includes('\r\n\r\n')) return bytes.length < REQUEST_MAX_BYTES ? bytes : undefined;
    if (bytes.subarray(0, 10).toString() === 'GET /link ') lastUpgrade = bytes;
    return undefined;
  }

  function endPair(pair: Pair): void {
    pairs.delete(pair);
    pair.lines.up.end();
    pair.lines.down.end();
    pair.up.destroy();
    pair.down.destroy();
  }

  const cut = (): void => {
    for (const pair of [...pairs]) endPair(pair);
    for (const socket of muted) socket.destroy();
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stall(direction) {
      const sockets = [...pairs].map((pair) => pair[direction]);
      for (const socket of sockets) socket.pause();
      return () => {
        for (const socket of sockets) socket.resume();
      };
    },
    setDelay(nextMs) {
      delayMs = nextMs;
    },
    swallow(directions) {
      for (const { swallowed } of pairs) for (const direction of directions) swallowed.add(direction);
    },
    mute() {
      mutes++;
      return () => {
        mutes--;
      };
    },
    get lastUpgrade() {
      return lastUpgrade;
    },
    async close() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
