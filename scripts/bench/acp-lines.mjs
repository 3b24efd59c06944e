// The agent of the backlog: speaks the Agent Client Protocol and says COUNT lines of 200 bytes, each as one message or
// one thought in turns. Neighbours of two kinds are never joined, so each line becomes one record. First it
// waits for a file to be there, if it is told one.
//   node acp-lines.mjs COUNT [FILE]
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { begun, line } from './line.mjs';

const count = Number(process.argv[2]);
const LINES_PER_WRITE = 64;

const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);

function update(number) {
  const sessionUpdate = number % 2 === 0 ? 'agent_thought_chunk' : 'agent_message_chunk';
  const params = { sessionId: 'lines', update: { sessionUpdate, content: { type: 'text', text: line(number) } } };
  return `${JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params })}\n`;
}

async function sayAll() {
  for (let number = 1; number <= count; ) {
    let text = '';
    for (let i = 0; i < LINES_PER_WRITE && number <= count; i++) text += update(number++);
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

for await (const request of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(request);
  if (method === 'initialize') answer(id, { protocolVersion: 1, agentCapabilities: {} });
  else if (method === 'session/new') answer(id, { sessionId: 'lines' });
  else if (method === 'session/prompt') {
    await begun(process.argv[3]);
    await sayAll();
    answer(id, { stopReason: 'end_turn' });
  }
}
