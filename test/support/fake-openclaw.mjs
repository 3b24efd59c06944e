#!/usr/bin/env node
// A stand-in for the `openclaw` program, for what its gateway does to the bridge and not to tasks: starting, greeting,
// refusing, ending. A run that is started there never ends. `FAKE_OPENCLAW=fails` ends at once, `mute` never listens,
// `forgets` knows no session, `old-node` speaks as the real one does on a Node that is too old. What it is asked stands in
// the file that `FAKE_OPENCLAW_ASKED` names.
import { appendFileSync, readFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

const mode = process.env.FAKE_OPENCLAW;
const option = (name) => process.argv[process.argv.indexOf(name) + 1];

if (mode === 'old-node') {
  console.error('openclaw: Node 20.20.2: node:sqlite is unavailable; use 24.16+/26.1+ or a build with the fix.');
  process.exit(1);
} else if (process.argv.includes('--version')) {
  console.log('OpenClaw 2026.9.6 (eb377ac)');
} else if (mode === 'fails') {
  console.log('gateway already running (pid 1)');
  process.exit(1);
} else if (mode === 'mute') {
  setInterval(() => undefined, 1_000);
} else {
  const password = process.argv.includes('--password-file') && readFileSync(option('--password-file'), 'utf8');
  const token = process.argv.includes('--token') && option('--token');
  serve(Number(option('--port')), ({ auth }) => (password ? auth.password === password : auth.token === token));
}

/** What any of the requests would be answered with. */
function answerTo({ key, idempotencyKey }) {
  return { key, runId: idempotencyKey, tasks: [], session: mode === 'forgets' ? null : {} };
}

function serve(port, isWelcome) {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  server.on('listening', () => {
    if (process.env.FAKE_OPENCLAW_STARTS) appendFileSync(process.env.FAKE_OPENCLAW_STARTS, `${process.pid}\n`);
    console.log(`LISTENING ${server.address().port}`);
  });
  server.on('connection', (socket) => {
    const send = (frame) => socket.send(JSON.stringify(frame));
    send({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n', ts: 1 } });
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(data);
      if (process.env.FAKE_OPENCLAW_ASKED) appendFileSync(process.env.FAKE_OPENCLAW_ASKED, `${method}\n`);
      if (method !== 'connect') send({ type: 'res', id, ok: true, payload: answerTo(params) });
      else if (isWelcome(params)) {
        const payload = { type: 'hello-ok', protocol: 4, server: { version: '2026.9.6' }, snapshot: {} };
        send({ type: 'res', id, ok: true, payload });
      } else {
        const error = { code: 'INVALID_REQUEST', message: 'unauthorized: gateway token mismatch' };
        send({ type: 'res', id, ok: false, error });
        socket.close(1008);
      }
    });
  });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
}
