// The baseline's server: what a bridge sends goes to every browser client. Nothing durable, nothing sealed.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const clients = new Set();
server.on('connection', (socket, request) => {
  if (request.url === '/client') {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    return;
  }
  socket.on('message', (data) => {
    for (const client of clients) client.send(data, { binary: false });
  });
});
server.on('listening', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
