// OpenAI Responses and Chat Completions.
import { calls, hang, id, log, pick, sleep, sse, words } from './fake-llm-script.mjs';

function responsesTurns(b) {
  if (typeof b.input === 'string') return [{ kind: 'user', text: b.input }];
  const out = [];
  let lastCall = false; // parallel calls of one model turn count once
  for (const it of b.input ?? []) {
    const isCall = /call$/.test(it.type ?? '') && it.type !== 'message';
    if (isCall) {
      if (!lastCall) out.push({ kind: 'call' });
      lastCall = true;
      continue;
    }
    lastCall = false;
    if ((it.type ?? 'message') === 'message' && it.role === 'user')
      for (const p of typeof it.content === 'string' ? [{ text: it.content }] : (it.content ?? []))
        if (p.text) out.push({ kind: 'user', text: p.text });
  }
  return out;
}
export async function responses(req, res, b) {
  const { step, n } = pick(responsesTurns(b));
  log({ api: 'responses', url: req.url, step, n });
  if (step.startDelayMs) await sleep(step.startDelayMs);
  if (step.status) {
    res.writeHead(step.status, { 'content-type': 'application/json', ...(step.headers ?? {}) });
    return res.end(
      JSON.stringify({
        error: {
          message: step.error ?? 'fake error',
          type: step.errorType ?? 'server_error',
          code: step.errorType ?? null,
        },
      }),
    );
  }
  const rid = id('resp_');
  const base = {
    id: rid,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    model: b.model,
    output: [],
    usage: null,
  };
  let seq = 0,
    oi = 0;
  const output = [];
  const s = b.stream === false ? { ev() {} } : sse(res);
  const ev = (type, o) => s.ev(type, { type, sequence_number: seq++, ...o });
  ev('response.created', { response: base });
  ev('response.in_progress', { response: base });
  if (step.hang && step.text == null) return hang(res);
  if (step.thinking) {
    const it = {
      type: 'reasoning',
      id: id('rs_'),
      summary: [{ type: 'summary_text', text: step.thinking }],
      encrypted_content: 'ZmFrZQ==',
    };
    ev('response.output_item.added', { output_index: oi, item: { ...it, summary: [] } });
    ev('response.reasoning_summary_part.added', {
      item_id: it.id,
      output_index: oi,
      summary_index: 0,
      part: { type: 'summary_text', text: '' },
    });
    ev('response.reasoning_summary_text.delta', {
      item_id: it.id,
      output_index: oi,
      summary_index: 0,
      delta: step.thinking,
    });
    ev('response.reasoning_summary_text.done', {
      item_id: it.id,
      output_index: oi,
      summary_index: 0,
      text: step.thinking,
    });
    ev('response.output_item.done', { output_index: oi++, item: it });
    output.push(it);
  }
  if (step.text != null) {
    const it = { type: 'message', id: id('msg_'), role: 'assistant', status: 'in_progress', content: [] };
    ev('response.output_item.added', { output_index: oi, item: it });
    ev('response.content_part.added', {
      item_id: it.id,
      output_index: oi,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    });
    for (const w of words(step.text)) {
      ev('response.output_text.delta', { item_id: it.id, output_index: oi, content_index: 0, delta: w });
      if (step.delayMs) await sleep(step.delayMs);
      if (res.destroyed) return;
    }
    if (step.hang) return hang(res);
    if (step.cut) return res.destroy();
    const part = { type: 'output_text', text: step.text, annotations: [] };
    ev('response.output_text.done', { item_id: it.id, output_index: oi, content_index: 0, text: step.text });
    ev('response.content_part.done', { item_id: it.id, output_index: oi, content_index: 0, part });
    const done = { ...it, status: 'completed', content: [part] };
    ev('response.output_item.done', { output_index: oi++, item: done });
    output.push(done);
  }
  for (const c of calls(step)) {
    // c.custom: free-form ("custom") tool, e.g. codex apply_patch
    const it = c.custom
      ? {
          type: 'custom_tool_call',
          id: id('ctc_'),
          call_id: id('call_'),
          name: c.name,
          input: c.custom,
          status: 'completed',
        }
      : {
          type: 'function_call',
          id: id('fc_'),
          call_id: id('call_'),
          name: c.name,
          arguments: JSON.stringify(c.input),
          status: 'completed',
          ...(c.namespace ? { namespace: c.namespace } : {}),
        };
    ev('response.output_item.added', {
      output_index: oi,
      item: c.custom ? { ...it, input: '' } : { ...it, arguments: '' },
    });
    if (!c.custom) {
      ev('response.function_call_arguments.delta', { item_id: it.id, output_index: oi, delta: it.arguments });
      ev('response.function_call_arguments.done', { item_id: it.id, output_index: oi, arguments: it.arguments });
    }
    ev('response.output_item.done', { output_index: oi++, item: it });
    output.push(it);
  }
  const fin = {
    ...base,
    status: 'completed',
    output,
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 120,
    },
  };
  if (b.stream === false) {
    res.writeHead(200, { 'content-type': 'application/json' });
    return res.end(JSON.stringify(fin));
  }
  ev('response.completed', { response: fin });
  res.end();
}
function chatTurns(b) {
  const out = [];
  for (const m of b.messages ?? []) {
    if (m.role === 'assistant') {
      if (m.tool_calls?.length) out.push({ kind: 'call' });
    } else if (m.role === 'user')
      for (const p of typeof m.content === 'string' ? [{ text: m.content }] : (m.content ?? []))
        if (p.text) out.push({ kind: 'user', text: p.text });
  }
  return out;
}
export async function chat(req, res, b) {
  const { step, n } = pick(chatTurns(b));
  log({ api: 'chat', url: req.url, step, n });
  if (step.startDelayMs) await sleep(step.startDelayMs);
  if (step.status) {
    res.writeHead(step.status, { 'content-type': 'application/json', ...(step.headers ?? {}) });
    return res.end(
      JSON.stringify({
        error: { message: step.error ?? 'fake error', type: step.errorType ?? 'server_error', code: null },
      }),
    );
  }
  const cs = calls(step);
  const fr = cs.length ? 'tool_calls' : 'stop';
  const base = { id: id('chatcmpl-'), created: Math.floor(Date.now() / 1000), model: b.model };
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const tc = cs.map((c, i) => ({
    index: i,
    id: id('call_'),
    type: 'function',
    function: { name: c.name, arguments: JSON.stringify(c.input) },
  }));
  if (!b.stream) {
    res.writeHead(200, { 'content-type': 'application/json' });
    return res.end(
      JSON.stringify({
        ...base,
        object: 'chat.completion',
        choices: [
          {
            index: 0,
            finish_reason: fr,
            message: { role: 'assistant', content: step.text ?? null, ...(tc.length ? { tool_calls: tc } : {}) },
          },
        ],
        usage,
      }),
    );
  }
  const s = sse(res);
  const chunk = (delta, finish_reason = null) =>
    s.data({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
  chunk({ role: 'assistant', content: '' });
  if (step.hang && step.text == null) return hang(res);
  if (step.thinking) chunk({ reasoning_content: step.thinking });
  if (step.text != null)
    for (const w of words(step.text)) {
      chunk({ content: w });
      if (step.delayMs) await sleep(step.delayMs);
      if (res.destroyed) return;
    }
  if (step.hang) return hang(res);
  if (step.cut) return res.destroy();
  for (const c of tc) chunk({ tool_calls: [c] });
  chunk({}, fr);
  s.data({ ...base, object: 'chat.completion.chunk', choices: [], usage });
  s.data('[DONE]');
  res.end();
}
