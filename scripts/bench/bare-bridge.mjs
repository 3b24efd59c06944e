// The baseline's bridge: a child's pipe, one WebSocket frame per line.
//   node bare-bridge.mjs PORT COMMAND ARG…
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const [port, command, ...args] = process.argv.slice(2);
const socket = new WebSocket(`ws://127.0.0.1:${port}/bridge`, { perMessageDeflate: false });
socket.on('open', () => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    socket.send(JSON.stringify({ type: 'output', text: line }));
  });
});
process.on('disconnect', () => process.exit(0));
