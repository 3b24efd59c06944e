import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../../src/base/clock.ts';
import { Emitter } from '../../../src/base/emitter.ts';
import { Channel } from '../../../src/channel/channel.ts';
import type { Cursor, Segment, SegmentLog } from '../../../src/channel/ports.ts';
import type { CommandEnvelope } from '../../../src/protocol/wire/commands.ts';
import { segmentOf } from '../../bridge-store/support/commands.ts';
import { onCleanup } from '../../bridge-store/support/fixtures.ts';

/** The other end of the link over a real socket: keeps what came in memory and sends commands. */
export interface Accepter {
  readonly origin: string;
  readonly received: Segment[];
  readonly connections: number;
  send(envelope: CommandEnvelope): void;
  /** Cuts every connection without a word. */
  cut(): void;
}

export async function startAccepter(): Promise<Accepter> {
  const received: Segment[] = [];
  const cursors = new Map<string, Cursor>();
  const commands: CommandEnvelope[] = [];
  const didAppend = new Emitter<string>();
  const sockets = new Set<WebSocket>();
  let acked = 0;
  let connections = 0;

  const log: SegmentLog = {
    streams: () => [{ stream: 'commands', epoch: 'epoch001', end: commands.length }],
    read: async (_stream, after) => (after < commands.length ? segmentOf(after + 1, commands.slice(after)) : undefined),
    acknowledge: (_stream, _epoch, cursor) => {
      acked = Math.max(acked, cursor);
    },
    acknowledged: () => acked,
    renew: () => {
      throw new Error('the bridge is ahead');
    },
    onDidAppend: didAppend.event,
  };
  const cursorOf = (stream: string, epoch: string) => cursors.get(`${stream} ${epoch}`) ?? { stream, epoch, cursor: 0 };
  const store = {
    cursors: async (streams: readonly { stream: string; epoch: string }[]) =>
      streams.map(({ stream, epoch }) => cursorOf(stream, epoch)),
    known: async () => [...cursors.values()],
    async commit(segments: readonly Segment[]) {
      for (const segment of segments) {
        const { stream, epoch, first, last } = segment;
        if (first !== cursorOf(stream, epoch).cursor + 1) throw new Error(`${stream} ${first} is out of place`);
        cursors.set(`${stream} ${epoch}`, { stream, epoch, cursor: last });
        received.push(segment);
      }
    },
  };

  const server = createServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    const transport = {
      send: (text: string) => socket.send(text),
      close: (code: number, reason: string) => socket.close(code, reason),
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
    };
    const channel = new Channel({ role: 'accepter', transport, clock: systemClock, log, cursors: store });
    socket.on('message', (data) => channel.receive(data.toString()));
    socket.on('close', (code, reason) => {
      sockets.delete(socket);
      channel.transportClosed(code, reason.toString());
    });
    channel.start();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const cut = (): void => {
    for (const socket of sockets) socket.terminate();
  };
  onCleanup(() => {
    cut();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connections() {
      return connections;
    },
    send(envelope) {
      commands.push(envelope);
      didAppend.fire('commands');
    },
    cut,
  };
}
