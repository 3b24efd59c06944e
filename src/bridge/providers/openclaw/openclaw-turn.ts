import { createDeferred } from '../../../base/deferred.ts';
import { DisposableStore } from '../../../base/disposal.ts';
import { messageOf } from '../../../base/errors.ts';
import { type GatewayConnection, onClose } from './gateway-connection.ts';
import { createdSessionSchema, describedSessionSchema, type GatewayEvent, startedRunSchema } from './protocol.ts';
import type { RawLog } from './raw-log.ts';
import { RunFrames, record } from './run-frames.ts';
import type { OpenClawSettings } from './settings.ts';

export interface TurnRequest {
  readonly taskId: string;
  /** Of the session to go on with, or null for a new one. */
  readonly sessionKey: string | null;
  readonly cwd: string;
  /** The task's own. */
  readonly folder: string;
  readonly settings: OpenClawSettings;
  readonly prompt: string;
}

export interface OpenClawTurnOptions {
  readonly connection: GatewayConnection;
  readonly request: TurnRequest;
  readonly log: RawLog;
  readonly runId: string;
}

/** One prompt in one session: opened, started, followed into the raw log, and ended by the gateway's own word. */
export class OpenClawTurn {
  readonly #options: OpenClawTurnOptions;
  readonly #ended = createDeferred();
  readonly #held = new DisposableStore();
  readonly #ownRuns = new Set<unknown>();
  #sessionKey: string | undefined;
  #frames: RunFrames | undefined;
  #hasEnd = false;
  #isSettled = false;

  /** Resolves when the gateway has said all about the run, or its connection is lost. */
  readonly ended = this.#ended.promise;

  constructor(options: OpenClawTurnOptions) {
    this.#options = options;
  }

  /** As the gateway names it. */
  get sessionKey(): string | undefined {
    return this.#sessionKey;
  }

  /** Makes the session, or finds it again. False if it is gone; then the log says so. */
  async open(): Promise<boolean> {
    const { connection, request, log, runId } = this.#options;
    const { settings, cwd } = request;
    const key = request.sessionKey ?? sessionKeyOf(request.taskId, settings.agent ?? connection.defaultAgentId);
    if (request.sessionKey !== null && !(await this.#exists(key))) {
      const message = 'OpenClaw does not know the session any more.';
      log.own({ event: 'failed', reason: { code: 'session_lost', message } });
      return false;
    }
    const { model, thinkingLevel, permissionMode } = settings;
    // What was changed in a session since it began must stay.
    const initial =
      request.sessionKey === null ? { ...(model && { model }), ...(thinkingLevel && { thinkingLevel }) } : {};
    const created = await connection.request('sessions.create', { key, cwd, permissionMode, ...initial });
    this.#sessionKey = createdSessionSchema.parse(created).key;
    this.#frames = new RunFrames(this.#sessionKey, runId);
    this.#held.add(connection.onEvent((frame) => this.#receive(frame)));
    this.#held.add(onClose(connection, (why) => this.#lose(why)));
    log.own({ event: 'run', sessionKey: this.#sessionKey, runId, version: connection.version });
    return true;
  }

  async start(): Promise<void> {
    const { connection, request, runId } = this.#options;
    const sessionKey = this.#sessionKey;
    await connection.request('sessions.messages.subscribe', { key: sessionKey, includeApprovals: true });
    await connection.request('chat.send', {
      sessionKey,
      message: request.prompt,
      idempotencyKey: runId,
      // Ends what may still run there, such as the turn that a crash of ours cut off from us.
      ...(request.sessionKey !== null && { queueMode: 'interrupt' }),
      suppressCommandInterpretation: true,
    });
  }

  async abort(): Promise<void> {
    // Whatever runs in the session: it may be a later run that goes on with the turn.
    await this.#options.connection.request('chat.abort', { sessionKey: this.#sessionKey });
  }

  async answer(id: string, decision: 'allow' | 'deny'): Promise<void> {
    const { connection } = this.#options;
    await connection.request('exec.approval.resolve', { id, decision: decision === 'allow' ? 'allow-once' : 'deny' });
  }

  async configure(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const words = Object.entries(changes).map(([name, value]) => `${name} ${value === null ? 'as usual' : value}`);
    await this.#try(`The session's settings are now: ${words.join(', ')}.`, 'change the settings', () =>
      this.#options.connection.request('sessions.patch', { key: this.#sessionKey, ...changes }),
    );
  }

  /** Steered into the turn; the gateway would begin another one if it has just ended, which nobody asked for. */
  async say(message: string): Promise<void> {
    if (this.#hasEnd) return;
    const { connection, runId } = this.#options;
    const idempotencyKey = `${runId}-${this.#ownRuns.size + 1}`;
    this.#ownRuns.add(idempotencyKey);
    await this.#try('The agent was told more.', 'take more text', async () => {
      const params = { sessionKey: this.#sessionKey, message, idempotencyKey, queueMode: 'steer' };
      startedRunSchema.parse(await connection.request('chat.send', { ...params, suppressCommandInterpretation: true }));
    });
  }

  dispose(): void {
    this.#held.dispose();
    this.#ended.resolve();
  }

  async #exists(key: string): Promise<boolean> {
    const described = await this.#options.connection.request('sessions.describe', { key });
    return describedSessionSchema.parse(described).session !== null;
  }

  async #try(done: string, what: string, act: () => Promise<unknown>): Promise<void> {
    const { log } = this.#options;
    try {
      await act();
      log.own({ event: 'notice', level: 'info', text: done });
    } catch (error) {
      log.own({ event: 'notice', level: 'warning', text: `OpenClaw did not ${what}: ${messageOf(error)}` });
    }
  }

  #receive(frame: GatewayEvent): void {
    const selected = this.#frames?.select(frame);
    if (selected) {
      this.#options.log.frame(selected);
      this.#noteEnd(selected);
    } else if (frame.event === 'question.requested') this.#declineQuestion(frame);
    else this.#endStray(frame);
  }

  #noteEnd({ event, payload }: GatewayEvent): void {
    const { executionSettled, yielded } = record(payload.data);
    // It waits for its sub-agents, and is woken in a run of its own.
    if (payload.yielded === true || yielded === true) return;
    if (event === 'chat') this.#hasEnd = true;
    if (event === 'agent' && executionSettled === true) this.#isSettled = true;
    if (this.#hasEnd && this.#isSettled) this.#ended.resolve();
  }

  /** One that wants words for an answer: nobody can give it here, and the agent would wait. */
  #declineQuestion({ payload }: GatewayEvent): void {
    const { connection, log } = this.#options;
    if (payload.sessionKey !== this.#sessionKey || typeof payload.id !== 'string') return;
    const asked = Array.isArray(payload.questions) ? payload.questions.map((one) => record(one).question) : [];
    const text = `OpenClaw asks: ${asked.join(' ')} It goes on without an answer; send it a message to answer.`;
    log.own({ event: 'notice', level: 'warning', text });
    connection.request('question.resolve', { id: payload.id, cancel: true }).catch(() => undefined);
  }

  #endStray({ event, payload }: GatewayEvent): void {
    const { stream, runId, data } = payload;
    if (event !== 'agent' || stream !== 'lifecycle' || !this.#ownRuns.has(runId)) return;
    if (record(data).phase !== 'start') return;
    const { connection } = this.#options;
    connection.request('chat.abort', { sessionKey: this.#sessionKey, runId }).catch(() => undefined);
  }

  #lose(why: string): void {
    const message = `The connection to OpenClaw's gateway was lost: ${why}.`;
    this.#options.log.own({ event: 'failed', reason: { code: 'agent_error', message } });
    this.#ended.resolve();
  }
}

// The gateway folds case, so two tasks whose ids differ only in that would share a session.
function sessionKeyOf(taskId: string, agentId: string): string {
  const folded = taskId.toLowerCase();
  const mark =
    folded === taskId ? '' : `-${[...taskId].map((letter) => Number(letter !== letter.toLowerCase())).join('')}`;
  return `agent:${agentId}:ctrlnode-${folded}${mark}`;
}
