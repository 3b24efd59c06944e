// Gemini generateContent.
import { calls, hang, id, log, pick, sleep, sse, words } from './fake-llm-script.mjs';

function geminiTurns(b) {
  const out = [];
  for (const c of b.contents ?? []) {
    if (c.role === 'model') {
      if (c.parts?.some((p) => p.functionCall)) out.push({ kind: 'call' });
    } else for (const p of c.parts ?? []) if (p.text) out.push({ kind: 'user', text: p.text });
  }
  return out;
}
export async function gemini(req, res, b, stream) {
  const { step: s0, n } = pick(geminiTurns(b));
  let step = s0;
  // side calls that demand JSON (router/classifier/next-speaker): answer something schema-shaped
  const schema = b.generationConfig?.responseJsonSchema ?? b.generationConfig?.responseSchema;
  if (schema) {
    const o = {};
    for (const [k, v] of Object.entries(schema.properties ?? {}))
      o[k] = v.enum
        ? v.enum[0]
        : /int|num/i.test(v.type)
          ? 1
          : /bool/i.test(v.type)
            ? false
            : /arr/i.test(v.type)
              ? []
              : 'x';
    step = { text: JSON.stringify(o) };
  }
  log({ api: 'gemini', url: req.url, step, n, side: !!schema });
  if (step.startDelayMs) await sleep(step.startDelayMs);
  if (step.status) {
    res.writeHead(step.status, { 'content-type': 'application/json' });
    return res.end(
      JSON.stringify({
        error: { code: step.status, message: step.error ?? 'fake error', status: step.errorType ?? 'INTERNAL' },
      }),
    );
  }
  const model = decodeURIComponent(req.url.match(/models\/([^:?]+)/)?.[1] ?? 'x');
  const wrap = (parts, finishReason) => ({
    responseId: id('r'),
    modelVersion: model,
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
  });
  const fcs = calls(step).map((c) => ({ functionCall: { name: c.name, args: c.input, id: id('fc') } }));
  if (!stream) {
    res.writeHead(200, { 'content-type': 'application/json' });
    return res.end(JSON.stringify(wrap([...(step.text != null ? [{ text: step.text }] : []), ...fcs], 'STOP')));
  }
  const s = sse(res);
  if (step.hang && step.text == null) return hang(res);
  if (step.thinking) s.data(wrap([{ text: step.thinking, thought: true }]));
  if (step.text != null)
    for (const w of words(step.text)) {
      s.data(wrap([{ text: w }]));
      if (step.delayMs) await sleep(step.delayMs);
      if (res.destroyed) return;
    }
  if (step.hang) return hang(res);
  if (step.cut) return res.destroy();
  if (fcs.length) s.data(wrap(fcs));
  s.data(wrap([{ text: '' }], 'STOP'));
  res.end();
}
