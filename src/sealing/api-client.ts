/**
 * JSON over HTTP to a control plane that may be away for a moment: a call is repeated with back-off until its deadline,
 * then throws CodedError. What the server refused is an answer, not an error: the caller knows what it means.
 */
import { Backoff } from '../base/backoff.ts';
import { type Clock, sleep } from '../base/clock.ts';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { httpErrorSchema } from '../protocol/wire/http.ts';
import { decodeJson, utf8 } from './bytes.ts';
import { readText } from './response-text.ts';
import { createToken } from './token.ts';

export type Fetch = typeof globalThis.fetch;

/** What every call over HTTP needs. */
export interface Connection {
  readonly origin: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Signs the calls. Without it they are made without authentication. */
  readonly identity?: { readonly deviceId: string; readonly secretKey: Uint8Array; readonly serverId: string };
  /** Called with one sentence whenever the server cannot be reached and will be tried again. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  /** When to give up, by the clock's `monotonicMs`. */
  readonly deadlineMs: number;
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly json: unknown;
  /** An earlier attempt of this call had no answer: the server may have seen the same call before. */
  readonly isRepeat: boolean;
}

const CALL_TIMEOUT_MS = 15_000;
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 10_000;
/** Worth another try: time-out, too many requests, and everything that a proxy says while a server restarts. */
const RETRIED_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];

/** Rejects with `server_unreachable` at the deadline, `cancelled` on the signal, `server_answer_invalid` for others. */
export async function callApi(connection: Connection, call: ApiCall): Promise<ApiAnswer> {
  const { clock, origin, onProblem } = connection;
  const backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, random: Math.random });
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryOnce(connection, call);
    if (outcome.type === 'answer') return { status: outcome.status, json: outcome.json, isRepeat: attempt > 0 };
    const delayMs = backoff.nextDelayMs();
    const message = `Cannot reach the control plane at ${origin} (${outcome.problem}).`;
    if (clock.monotonicMs() + delayMs >= call.deadlineMs) throw new CodedError('server_unreachable', message);
    onProblem?.(message);
    await pause(connection, delayMs);
  }
}

/** Waits; rejects with `cancelled` on the connection's signal. */
export async function pause({ clock, signal }: Connection, delayMs: number): Promise<void> {
  await sleep(clock, delayMs, signal).catch(() => {
    throw cancelled();
  });
}

/** Turns a refusal into an error with the server's own words. */
export function refusalOf(answer: ApiAnswer): CodedError {
  const facts = { status: answer.status };
  if (answer.status === 401 || answer.status === 403) {
    const message = 'The control plane refuses this device: it was revoked, or its clock is wrong.';
    return new CodedError('unauthorized', message, { facts });
  }
  const said = httpErrorSchema.safeParse(answer.json).data?.error;
  const message = said ? said.message.slice(0, 500) : `The control plane refused with status ${answer.status}.`;
  return new CodedError('server_refused', message, { facts: { ...facts, code: said?.code } });
}

export function isSuccess(answer: ApiAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

export function answerInvalid(origin: string, cause?: unknown): CodedError {
  const message = `What answers at ${origin} is not a control plane that this version understands.`;
  return new CodedError('server_answer_invalid', message, { cause });
}

type Outcome =
  | { readonly type: 'answer'; readonly status: number; readonly json: unknown }
  | { readonly type: 'unreachable'; readonly problem: string };

async function tryOnce(connection: Connection, call: ApiCall): Promise<Outcome> {
  const { clock, signal, origin } = connection;
  if (signal?.aborted) throw cancelled();
  const abort = new AbortController();
  const onAbort = (): void => abort.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const timeoutMs = Math.min(call.timeoutMs ?? CALL_TIMEOUT_MS, call.deadlineMs - clock.monotonicMs());
  const timer = clock.setTimeout(onAbort, timeoutMs);
  try {
    const { status, text } = await exchange(connection, call, abort.signal);
    if (RETRIED_STATUSES.includes(status)) return { type: 'unreachable', problem: describeStatus(status, text) };
    return { type: 'answer', status, json: parseJson(text, status, origin) };
  } catch (error) {
    if (signal?.aborted) throw cancelled();
    if (error instanceof CodedError) throw error;
    return { type: 'unreachable', problem: abort.signal.aborted ? 'no answer in time' : describe(error) };
  } finally {
    timer.dispose();
    signal?.removeEventListener('abort', onAbort);
  }
}

async function exchange(
  { origin, fetch, clock, identity }: Connection,
  { method, path, body }: ApiCall,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // A token for each attempt: it lives for a minute, and a wait may be longer.
  if (identity) headers.authorization = `Bearer ${createToken({ ...identity, nowMs: clock.now() })}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  // Redirects are not followed: a token and an answer count only for the address that the person was given.
  const request = { method, headers, signal, redirect: 'manual', cache: 'no-store', credentials: 'omit' } as const;
  const response = await fetch(
    origin + path,
    body === undefined ? request : { ...request, body: JSON.stringify(body) },
  );
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400))
    throw answerInvalid(origin);
  return { status: response.status, text: await readText(response) };
}

function parseJson(text: string, status: number, origin: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The words of a refusal may be anything's; those of a success must be ours.
    if (status >= 400) return null;
    throw answerInvalid(origin, cause);
  }
}

// Whatever a server or a proxy is too busy for, its own words say it best: "Too many links are open".
function describeStatus(status: number, text: string): string {
  const said = httpErrorSchema.safeParse(decodeJson(utf8(text))).data?.error.message;
  return said ? `status ${status}: ${said.slice(0, 200)}` : `status ${status}`;
}

// Node hides the reason (ECONNREFUSED, a certificate's problem) in the cause of "fetch failed".
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return codeOf(cause) ?? messageOf(cause ?? error).slice(0, 200);
}

function cancelled(): CodedError {
  return new CodedError('cancelled', 'This was cancelled.');
}
