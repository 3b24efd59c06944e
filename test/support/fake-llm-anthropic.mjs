// Anthropic Messages.
import { calls, hang, id, log, pick, sleep, sse, words } from './fake-llm-script.mjs';

function anthropicTurns(b) {
  const out = [];
  for (const m of b.messages ?? []) {
    const parts = typeof m.content === 'string' ? [{ type: 'text', text: m.content }] : (m.content ?? []);
    if (m.role === 'assistant') {
      if (parts.some((p) => p.type === 'tool_use')) out.push({ kind: 'call' });
    } else for (const p of parts) if (p.type === 'text') out.push({ kind: 'user', text: p.text });
  }
  return out;
}
export async function anthropic(req, res, b) {
  const { step, n } = pick(anthropicTurns(b));
  log({ api: 'anthropic', url: req.url, step, n });
  if (step.startDelayMs) await sleep(step.startDelayMs);
  if (step.status) {
    res.writeHead(step.status, { 'content-type': 'application/json', ...(step.headers ?? {}) });
    return res.end(
      JSON.stringify({
        type: 'error',
        error: { type: step.errorType ?? 'api_error', message: step.error ?? 'fake error' },
      }),
    );
  }
  const msg = {
    id: id('msg_'),
    type: 'message',
    role: 'assistant',
    model: b.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
  };
  const cs = calls(step);
  const stop = cs.length ? 'tool_use' : 'end_turn';
  if (!b.stream) {
    if (step.cut === true) return res.destroy();
    if (step.text != null) msg.content.push({ type: 'text', text: step.text });
    for (const c of cs) msg.content.push({ type: 'tool_use', id: id('toolu_'), name: c.name, input: c.input });
    msg.stop_reason = stop;
    msg.usage.output_tokens = 20;
    res.writeHead(200, { 'content-type': 'application/json' });
    return res.end(JSON.stringify(msg));
  }
  const s = sse(res);
  let i = 0;
  s.ev('message_start', { type: 'message_start', message: msg });
  if (step.hang && step.text == null) return hang(res);
  if (step.thinking) {
    s.ev('content_block_start', {
      type: 'content_block_start',
      index: i,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    });
    for (const w of words(step.thinking))
      s.ev('content_block_delta', {
        type: 'content_block_delta',
        index: i,
        delta: { type: 'thinking_delta', thinking: w },
      });
    s.ev('content_block_delta', {
      type: 'content_block_delta',
      index: i,
      delta: { type: 'signature_delta', signature: 'ZmFrZQ==' },
    });
    s.ev('content_block_stop', { type: 'content_block_stop', index: i++ });
  }
  if (step.text != null) {
    s.ev('content_block_start', { type: 'content_block_start', index: i, content_block: { type: 'text', text: '' } });
    for (const w of words(step.text)) {
      s.ev('content_block_delta', { type: 'content_block_delta', index: i, delta: { type: 'text_delta', text: w } });
      if (step.delayMs) await sleep(step.delayMs);
      if (res.destroyed) return;
    }
    if (step.hang) return hang(res);
    if (step.cut) return res.destroy();
    s.ev('content_block_stop', { type: 'content_block_stop', index: i++ });
  }
  for (const c of cs) {
    s.ev('content_block_start', {
      type: 'content_block_start',
      index: i,
      content_block: { type: 'tool_use', id: id('toolu_'), name: c.name, input: {} },
    });
    s.ev('content_block_delta', {
      type: 'content_block_delta',
      index: i,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(c.input) },
    });
    s.ev('content_block_stop', { type: 'content_block_stop', index: i++ });
  }
  s.ev('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: 20 },
  });
  s.ev('message_stop', { type: 'message_stop' });
  res.end();
}
