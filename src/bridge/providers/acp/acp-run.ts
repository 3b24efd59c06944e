import { AnswerDeadline } from '../answer-deadline.ts';
import type { AgentAnswer, AgentEvent, AgentReader, AgentRun, RunContext } from '../provider.ts';
import type { Exit, SupervisedProcess } from '../supervisor/process.ts';
import type { AcpQuirks } from './acp-agent.ts';
import { AcpReader } from './acp-reader.ts';
import {
  type AcpMessage,
  initializedSchema,
  newSessionSchema,
  type PermissionOption,
  type RequestId,
} from './messages.ts';
import { isReadyAfter, LOADED_METHOD, REQUEST_IDS, wayBackOf } from './session-requests.ts';
import { keyOf } from './tool-calls.ts';

export interface AcpRunOptions {
  readonly process: SupervisedProcess;
  readonly name: string;
  readonly version: string | null;
  readonly cwd: string;
  readonly prompt: string;
  /** A session to go on with. */
  readonly sessionId: string | null;
  readonly startOffset: number;
  readonly quirks?: AcpQuirks | undefined;
  readonly clock: RunContext['clock'];
  readonly giveUp: RunContext['giveUp'];
}

interface WaitingPermission {
  readonly id: RequestId;
  readonly options: readonly PermissionOption[];
}

const METHOD_NOT_FOUND = -32601;
// Files and terminals are the agent's own affair: it works on the same machine.
const CLIENT_CAPABILITIES = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };

/** One turn over ACP: initialize, a session (new or gone on with), the prompt; stdin is closed after the answer, which ends the agent. */
export class AcpRun implements AgentRun {
  readonly startOffset: number;
  readonly terminateSignal = 'SIGTERM';
  readonly process: SupervisedProcess;
  readonly version: string | null;
  readonly #options: AcpRunOptions;
  readonly #reader: AgentReader;
  readonly #waiting = new Map<string, WaitingPermission>();
  readonly #deadline: AnswerDeadline;
  #sessionId: string | null;
  #isPrompted = false;
  #isInterrupted = false;

  constructor(options: AcpRunOptions) {
    const { name, quirks, startOffset, sessionId } = options;
    this.#options = options;
    this.process = options.process;
    this.version = options.version;
    this.startOffset = startOffset;
    this.#sessionId = sessionId;
    this.#deadline = new AnswerDeadline(options);
    const onMessage = (message: AcpMessage): void => this.#notice(message);
    this.#reader = new AcpReader({ name, quirks, startOffset, sessionId, onMessage });
    this.#ask(REQUEST_IDS.initialize, 'initialize', {
      protocolVersion: 1,
      clientCapabilities: CLIENT_CAPABILITIES,
    });
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    return this.#after(this.#reader.receive(bytes));
  }

  finish(exit: Exit | null): readonly AgentEvent[] {
    return this.#after(this.#reader.finish(exit));
  }

  answer(requestId: string, { decision }: AgentAnswer): void {
    const waiting = this.#waiting.get(requestId);
    if (!waiting) return;
    this.#waiting.delete(requestId);
    // By kind: the ids of options are each agent's own. Never one that would allow more than this once.
    const kind = decision === 'allow' ? 'allow_once' : 'reject_once';
    const option = waiting.options.find((candidate) => candidate.kind === kind);
    if (option) this.#answer(waiting.id, { outcome: 'selected', optionId: option.optionId });
    else this.#answer(waiting.id, { outcome: 'cancelled' });
  }

  /** The prompt is then answered `cancelled`. Before there is one, the end of input is all there is to say. */
  interrupt(): boolean {
    this.#isInterrupted = true;
    for (const { id } of this.#waiting.values()) this.#answer(id, { outcome: 'cancelled' });
    this.#waiting.clear();
    if (this.#isPrompted) return this.#send({ method: 'session/cancel', params: { sessionId: this.#sessionId } });
    this.process.closeInput();
    return true;
  }

  #after(events: readonly AgentEvent[]): readonly AgentEvent[] {
    // The answer to the prompt comes after all its updates; then the agent waits for a next turn for ever.
    if (events.some((event) => event.kind === 'verdict')) {
      this.#deadline.met();
      this.process.closeInput();
    }
    // What is asked after a cancel was answered already.
    return this.#isInterrupted ? events.filter((event) => event.kind !== 'approval') : events;
  }

  #notice(message: AcpMessage): void {
    if (message.kind === 'unknown_request') this.#refuse(message.id, message.method);
    else if (message.kind === 'permission') this.#hold(message);
    else if (message.kind === 'result') this.#proceed(message.id, message.result);
    else if (message.kind === 'error' && message.id === REQUEST_IDS.loaded) this.#proceed(message.id, undefined);
  }

  #hold({ id, options }: WaitingPermission): void {
    if (this.#isInterrupted) this.#answer(id, { outcome: 'cancelled' });
    else this.#waiting.set(keyOf(id), { id, options });
  }

  #proceed(id: RequestId, result: unknown): void {
    if (this.#isInterrupted) return;
    if (id === REQUEST_IDS.initialize) this.#openSession(result);
    else if (id === REQUEST_IDS.loadSession) this.#ask(REQUEST_IDS.loaded, LOADED_METHOD, {});
    else if (id === REQUEST_IDS.newSession) {
      const session = newSessionSchema.safeParse(result);
      this.#sessionId = session.success ? session.data.sessionId : null;
    }
    if (isReadyAfter(id) && this.#sessionId) this.#prompt(this.#sessionId);
  }

  // Where there is no way, the reader says that the session is lost.
  #openSession(result: unknown): void {
    const { cwd, sessionId } = this.#options;
    const initialized = initializedSchema.safeParse(result);
    if (!initialized.success) return;
    const place = { cwd, mcpServers: [] };
    const wayBack = wayBackOf(initialized.data);
    if (sessionId === null) this.#ask(REQUEST_IDS.newSession, 'session/new', place);
    else if (wayBack === 'resume') this.#ask(REQUEST_IDS.resumeSession, 'session/resume', { sessionId, ...place });
    else if (wayBack === 'load') this.#ask(REQUEST_IDS.loadSession, 'session/load', { sessionId, ...place });
  }

  #prompt(sessionId: string): void {
    this.#deadline.met();
    this.#isPrompted = true;
    const prompt = [{ type: 'text', text: this.#options.prompt }];
    this.#send({ id: REQUEST_IDS.prompt, method: 'session/prompt', params: { sessionId, prompt } });
  }

  #answer(id: RequestId, outcome: unknown): void {
    this.#send({ id, result: { outcome } });
  }

  #refuse(id: RequestId, method: string): void {
    this.#send({ id, error: { code: METHOD_NOT_FOUND, message: `This client has no ${method}.` } });
  }

  #ask(id: number, method: string, params: unknown): void {
    this.#deadline.expect(method);
    this.#send({ id, method, params });
  }

  #send(message: object): boolean {
    return this.process.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}
