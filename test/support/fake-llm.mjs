#!/usr/bin/env node
// fake-llm.mjs — one loopback HTTP server that impersonates four model APIs, so that the *real*
// agent CLIs can be driven with only the model faked. No dependencies. Node >= 18.
//
//   POST /v1/messages                      Anthropic Messages (SSE when stream:true)   -> claude
//   POST /v1/messages/count_tokens         Anthropic
//   POST /v1/responses                     OpenAI Responses (SSE)                      -> codex, copilot(wire responses)
//   POST /v1/chat/completions              OpenAI Chat Completions (SSE or JSON)       -> opencode, copilot, openclaw
//   GET  /v1/models                        OpenAI/Anthropic model list
//   POST /v1beta/models/M:streamGenerateContent | :generateContent | :countTokens      -> gemini
//
// The server is STATELESS. What it answers is scripted by a directive inside the prompt:
//   [[fake:{"steps":[{"tool":"Bash","input":{"command":"echo hi"}},{"text":"done"}]}]]
// It finds the LAST user text holding a directive, counts how many model turns (assistant messages
// with tool calls) came after it, and plays that step. Past the last step it says "OK".
// Step fields:
//   text: string            final/streamed answer text (split into words)
//   thinking: string        (Anthropic/Responses) a thinking/reasoning block in front
//   tool: name, input: obj  a tool call; tools: [{name,input},…] several in parallel
//   delayMs: n              pause between streamed chunks     startDelayMs: n  pause before headers
//   hang: true              send the start of the stream, then nothing until the client goes away
//   status: 429, error: "…" answer with an HTTP error (Anthropic/OpenAI error JSON)
//   cut: true | "stream"    destroy the socket in the middle of the stream; true also where no stream was asked for
// Without any directive it plays the steps in env FAKE_STEPS (a JSON array), or answers FAKE_DEFAULT (default "OK").
//
// Usage: node fake-llm.mjs [--port 0] [--log FILE]   prints "LISTENING <port>" on stdout.
// --log writes one JSON line per request: {t, method, url, headers(with auth cut), body, step}
import http from 'node:http';
import { anthropic } from './fake-llm-anthropic.mjs';
import { gemini } from './fake-llm-gemini.mjs';
import { chat, responses } from './fake-llm-openai.mjs';
import { arg, log } from './fake-llm-script.mjs';

const server = http.createServer(async (req, res) => {
  let raw = '';
  for await (const c of req) raw += c;
  let b = {};
  try {
    b = raw ? JSON.parse(raw) : {};
  } catch {}
  const h = { ...req.headers };
  for (const k of ['authorization', 'x-api-key', 'x-goog-api-key']) if (h[k]) h[k] = `${h[k].slice(0, 16)}…`;
  log({ req: `${req.method} ${req.url}`, headers: h, body: b });
  const p = req.url.split('?')[0];
  try {
    if (req.method === 'POST' && /\/messages$/.test(p)) return await anthropic(req, res, b);
    if (req.method === 'POST' && /\/responses$/.test(p)) return await responses(req, res, b);
    if (req.method === 'POST' && /\/chat\/completions$/.test(p)) return await chat(req, res, b);
    if (/:streamGenerateContent$/.test(p)) return await gemini(req, res, b, true);
    if (/:generateContent$/.test(p)) return await gemini(req, res, b, false);
    const json = (o, code = 200) => {
      res.writeHead(code, { 'content-type': 'application/json' });
      res.end(JSON.stringify(o));
    };
    if (/:countTokens$/.test(p)) return json({ totalTokens: 100 });
    if (/count_tokens$/.test(p)) return json({ input_tokens: 100 });
    if (req.method === 'GET' && /\/models$/.test(p))
      return json({ object: 'list', data: [{ id: 'fake-model', object: 'model', created: 0, owned_by: 'fake' }] });
    if (req.method === 'HEAD' || p === '/') {
      res.writeHead(200);
      return res.end();
    }
    json({ error: { type: 'not_found_error', message: `fake-llm: no route ${req.method} ${p}` } }, 404);
  } catch (e) {
    log({ err: String(e.stack) });
    if (!res.headersSent) res.writeHead(500);
    res.end();
  }
});
server.keepAliveTimeout = 1000;
server.listen(Number(arg('--port', 0)), '127.0.0.1', () => console.log(`LISTENING ${server.address().port}`));
for (const sig of ['SIGTERM', 'SIGINT'])
  process.on(sig, () => {
    server.closeAllConnections();
    server.close();
    process.exit(0);
  });
