import type { GatewayEvent } from './protocol.ts';

type Payload = Readonly<Record<string, unknown>>;

/**
 * The frames of one run, without what they repeat: the gateway sends the whole text so far with each piece of it, twice,
 * and a description of the session with each tool event, which would make the log grow with the square of the answer.
 */
export class RunFrames {
  /** The task's session and those of its sub-agents that asked something. */
  readonly #sessions: Set<unknown>;
  readonly #sessionKey: string;
  readonly #firstRunId: string;
  #runId: string;
  /** It ended its run to wait for sub-agents; the next run of the session goes on with it. */
  #isYielded = false;
  #hasBegun = false;
  /** What was said went into a run that the gateway had begun by itself, such as to recover after a crash. */
  #isTakenOver = false;

  constructor(sessionKey: string, runId: string) {
    this.#sessions = new Set([sessionKey]);
    this.#sessionKey = sessionKey;
    this.#firstRunId = runId;
    this.#runId = runId;
  }

  /** What of the frame belongs into the log; undefined if nothing does. */
  select({ event, payload }: GatewayEvent): GatewayEvent | undefined {
    this.#followOn(event, payload);
    const isOfRun = payload.runId === this.#runId;
    if (isOfRun && event === 'agent' && isStart(payload)) this.#hasBegun = true;
    if (event === 'chat' && isOfRun && payload.yielded === true) this.#isYielded = true;
    // It answers so at once, which says nothing about the work; the run that took it over does.
    if (event === 'chat' && isOfRun && payload.state === 'final' && !this.#hasBegun && !payload.message) {
      this.#isTakenOver = true;
      return undefined;
    }
    switch (event) {
      case 'agent':
        return isOfRun ? agentFrame(payload) : undefined;
      case 'chat':
        return isOfRun && END_STATES.has(payload.state) ? frame(event, payload) : undefined;
      case 'session.message':
        return this.#sessions.has(payload.sessionKey) ? usageFrame(payload) : undefined;
      case 'session.approval':
        // Comes before the question itself, also for a session that this one began.
        if (this.#sessions.has(payload.sessionKey)) this.#sessions.add(payload.sourceSessionKey);
        return undefined;
      case 'exec.approval.requested':
      case 'exec.approval.resolved':
        return this.#sessions.has(record(payload.request).sessionKey) ? frame(event, payload) : undefined;
      default:
        return undefined;
    }
  }

  #followOn(event: string, payload: Payload): void {
    const { runId, sessionKey } = payload;
    if (event !== 'agent' || sessionKey !== this.#sessionKey || typeof runId !== 'string') return;
    if (!this.#isTakenOver && !(this.#isYielded && isStart(payload))) return;
    // Text that we steer into a run has an id of its own, made of the first.
    if (runId.startsWith(this.#firstRunId)) return;
    this.#isYielded = false;
    this.#isTakenOver = false;
    this.#hasBegun = true;
    this.#runId = runId;
  }
}

function isStart({ stream, data }: Payload): boolean {
  return stream === 'lifecycle' && record(data).phase === 'start';
}

const END_STATES: ReadonlySet<unknown> = new Set(['final', 'error', 'aborted']);
const KEPT_STREAMS: ReadonlySet<unknown> = new Set(['thinking', 'tool', 'lifecycle']);

function agentFrame({ runId, stream, data: rawData }: Payload): GatewayEvent | undefined {
  const data = record(rawData);
  if (stream === 'assistant' || stream === 'thinking') {
    const { delta, replace, text } = data;
    return frame('agent', { runId, stream, data: replace === true ? { replace, text } : { delta } });
  }
  return KEPT_STREAMS.has(stream) ? frame('agent', { runId, stream, data }) : undefined;
}

/** A message of the model says what it cost; its text came before. */
function usageFrame({ message }: Payload): GatewayEvent | undefined {
  const { role, usage } = record(message);
  return role === 'assistant' && usage ? frame('session.message', { message: { role, usage } }) : undefined;
}

function frame(event: string, payload: Payload): GatewayEvent {
  return { type: 'event', event, payload };
}

export function record(value: unknown): Payload {
  return typeof value === 'object' && value !== null ? (value as Payload) : {};
}
