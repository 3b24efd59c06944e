// The part of the fake model that all APIs share: the directive in the prompt, the log, server-sent events.
import crypto from 'node:crypto';
import fs from 'node:fs';

export const arg = (n, d) => {
  const i = process.argv.indexOf(n);
  return i > 0 ? process.argv[i + 1] : d;
};
const logFile = arg('--log');
const DEFAULT = process.env.FAKE_DEFAULT ?? 'OK';
// Steps to play for a conversation without a directive; a JSON array.
const STEPS = process.env.FAKE_STEPS ? JSON.parse(process.env.FAKE_STEPS) : null;

export const log = (o) => {
  if (logFile) fs.appendFileSync(logFile, `${JSON.stringify({ t: Date.now(), ...o })}\n`);
};
export const id = (p) => p + crypto.randomBytes(12).toString('hex');
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const words = (s) => s.match(/\S+\s*|\s+/g) ?? [''];

function directive(text) {
  // last [[fake:{…}]] in a text, or null
  if (typeof text !== 'string') return null;
  const i = text.lastIndexOf('[[fake:');
  if (i < 0) return null;
  // `opencode run "…"` re-quotes argv words that hold a space ("…" with \\" inside): undo that here.
  if (text.startsWith('[[fake:{\\"', i)) return directive(text.slice(i).replace(/\\(.)/g, '$1'));
  let depth = 0,
    inStr = false,
    esc = false; // JSON may itself contain "]]"
  for (let j = i + 7; j < text.length; j++) {
    const c = text[j];
    if (inStr) {
      if (esc) esc = false;
      else if (c === '\\') esc = true;
      else if (c === '"') inStr = false;
      continue;
    }
    if (c === '"') inStr = true;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) {
      try {
        return JSON.parse(text.slice(i + 7, j + 1));
      } catch (e) {
        return { steps: [{ text: `BAD DIRECTIVE ${e.message}` }] };
      }
    }
  }
  return null;
}
// turns: normalised [{kind:'user', text} | {kind:'call'}] in order; -> the step to play
export function pick(turns) {
  let at = -1,
    d = null;
  turns.forEach((t, i) => {
    if (t.kind === 'user') {
      const x = directive(t.text);
      if (x) {
        at = i;
        d = x;
      }
    }
  });
  if (!d) {
    if (!STEPS) return { step: { text: DEFAULT }, n: -1 };
    d = { steps: STEPS };
  }
  // a later user message without a directive means a new, unscripted turn -> default answer,
  // except for harness-injected reminders that follow tool results.
  const n = turns.slice(at + 1).filter((t) => t.kind === 'call').length;
  return { step: recalled(d.steps[n] ?? { text: DEFAULT }, turns), n };
}
// `{"recall": true}`: says every `secret-…` word that was said in the conversation so far, so that a test knows what the
// model was told.
function recalled(step, turns) {
  if (!step.recall) return step;
  const said = turns.filter((t) => t.kind === 'user').flatMap((t) => t.text.match(/secret-\w+/g) ?? []);
  return { ...step, text: `I know: ${[...new Set(said)].join(' ')}.` };
}
export const calls = (s) => s.tools ?? (s.tool ? [{ name: s.tool, input: s.input ?? {} }] : []);
export function sse(res) {
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'x-request-id': id('req_'),
  });
  res.flushHeaders();
  return {
    ev: (type, o) => res.write(`event: ${type}\ndata: ${JSON.stringify(o)}\n\n`),
    data: (o) => res.write(`data: ${typeof o === 'string' ? o : JSON.stringify(o)}\n\n`),
  };
}
export const hang = (res) => new Promise((r) => res.on('close', r));
