// The fan-out that ours is measured against: a server that holds frames in memory and sends each to every client as fast
// as their sockets take them, and does nothing else.
import { WebSocketServer } from 'ws';

const FULL_BYTES = 1024 * 1024;

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
process.on('message', async ({ frames }) => {
  for (const frame of frames) {
    for (const client of server.clients) client.send(frame);
    await new Promise((resolve) => setImmediate(resolve));
    while ([...server.clients].some((client) => client.bufferedAmount > FULL_BYTES))
      await new Promise((resolve) => setTimeout(resolve, 1));
  }
});
