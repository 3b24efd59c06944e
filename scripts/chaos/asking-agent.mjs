// An agent that speaks ACP, asks three times for permission, and writes down each answer that it gets.
//   node asking-agent.mjs EFFECTS
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const effects = process.argv[2];
const task = process.env.CTRLNODE_TASK;
const QUESTIONS = 3;
const note = (text) => appendFileSync(effects, `${text}\n`);
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const options = [
  { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
  { optionId: 'no', name: 'No', kind: 'reject_once' },
];
let promptId;

function ask(number) {
  const command = `touch ${task}-${process.pid}-${number}`;
  const toolCall = { toolCallId: `call-${number}`, title: command, kind: 'execute', rawInput: { command } };
  say({
    id: number,
    method: 'session/request_permission',
    params: { sessionId: 's-1', toolCall, options },
  });
}

function chunk(text) {
  const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
  say({ method: 'session/update', params: { sessionId: 's-1', update } });
}

function take({ id, method, result }) {
  if (method === 'initialize') say({ id, result: { protocolVersion: 1, agentCapabilities: {} } });
  else if (method === 'session/new') say({ id, result: { sessionId: 's-1' } });
  else if (method === 'session/prompt') {
    promptId = id;
    note(`prompt ${task} ${process.pid}`);
    ask(1);
  } else if (method === 'session/cancel') say({ id: promptId, result: { stopReason: 'cancelled' } });
  else if (method === undefined && result?.outcome) {
    const answer = result.outcome.optionId ?? result.outcome.outcome;
    note(`answer ${task} ${process.pid}/${id} ${answer}`);
    chunk(`${id}: ${answer}\n`);
    if (id < QUESTIONS) ask(id + 1);
    else say({ id: promptId, result: { stopReason: 'end_turn' } });
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => take(JSON.parse(line)))
  .on('close', () => process.exit(0));
