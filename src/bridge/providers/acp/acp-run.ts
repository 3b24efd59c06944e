import type { AgentAnswer, AgentEvent, AgentReader, AgentRun } from '../provider.ts';
import type { Exit, SupervisedProcess } from '../supervisor/process.ts';
import type { AcpQuirks } from './acp-agent.ts';
import { AcpReader, REQUEST_IDS } from './acp-reader.ts';
import { type AcpMessage, newSessionSchema, type PermissionOption, type RequestId } from './messages.ts';
import { keyOf } from './tool-calls.ts';

export interface AcpRunOptions {
  readonly process: SupervisedProcess;
  readonly name: string;
  readonly version: string | null;
  readonly cwd: string;
  readonly prompt: string;
  readonly startOffset: number;
  readonly quirks?: AcpQuirks | undefined;
}

interface WaitingPermission {
  readonly id: RequestId;
  readonly options: readonly PermissionOption[];
}

const METHOD_NOT_FOUND = -32601;
// Files and terminals are the agent's own affair: it works on the same machine.
const CLIENT_CAPABILITIES = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };

/** One turn over ACP: initialize, a session, the prompt; stdin is closed after the answer, which ends the agent. */
export class AcpRun implements AgentRun {
  readonly startOffset: number;
  readonly terminateSignal = 'SIGTERM';
  readonly process: SupervisedProcess;
  readonly version: string | null;
  readonly #options: AcpRunOptions;
  readonly #reader: AgentReader;
  readonly #waiting = new Map<string, WaitingPermission>();
  #sessionId: string | null = null;
  #isInterrupted = false;

  constructor(options: AcpRunOptions) {
    const { name, quirks, startOffset } = options;
    this.#options = options;
    this.process = options.process;
    this.version = options.version;
    this.startOffset = startOffset;
    this.#reader = new AcpReader({ name, quirks, startOffset, onMessage: (message) => this.#notice(message) });
    this.#request(REQUEST_IDS.initialize, 'initialize', {
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

  /** The prompt is then answered `cancelled`. Before there is a session, the end of input is all there is to say. */
  interrupt(): boolean {
    this.#isInterrupted = true;
    for (const { id } of this.#waiting.values()) this.#answer(id, { outcome: 'cancelled' });
    this.#waiting.clear();
    if (this.#sessionId) return this.#send({ method: 'session/cancel', params: { sessionId: this.#sessionId } });
    this.process.closeInput();
    return true;
  }

  #after(events: readonly AgentEvent[]): readonly AgentEvent[] {
    // The answer to the prompt comes after all its updates; then the agent waits for a next turn for ever.
    if (events.some((event) => event.kind === 'verdict')) this.process.closeInput();
    // What is asked after a cancel was answered already.
    return this.#isInterrupted ? events.filter((event) => event.kind !== 'approval') : events;
  }

  #notice(message: AcpMessage): void {
    if (message.kind === 'unknown_request') this.#refuse(message.id, message.method);
    else if (message.kind === 'permission') this.#hold(message);
    else if (message.kind === 'result') this.#proceed(message.id, message.result);
  }

  #hold({ id, options }: WaitingPermission): void {
    if (this.#isInterrupted) this.#answer(id, { outcome: 'cancelled' });
    else this.#waiting.set(keyOf(id), { id, options });
  }

  #proceed(id: RequestId, result: unknown): void {
    const { cwd, prompt } = this.#options;
    if (this.#isInterrupted) return;
    if (id === REQUEST_IDS.initialize) {
      this.#request(REQUEST_IDS.newSession, 'session/new', { cwd, mcpServers: [] });
    } else if (id === REQUEST_IDS.newSession) {
      const session = newSessionSchema.safeParse(result);
      if (!session.success) return;
      this.#sessionId = session.data.sessionId;
      const content = [{ type: 'text', text: prompt }];
      this.#request(REQUEST_IDS.prompt, 'session/prompt', { sessionId: this.#sessionId, prompt: content });
    }
  }

  #answer(id: RequestId, outcome: unknown): void {
    this.#send({ id, result: { outcome } });
  }

  #refuse(id: RequestId, method: string): void {
    this.#send({ id, error: { code: METHOD_NOT_FOUND, message: `This client has no ${method}.` } });
  }

  #request(id: number, method: string, params: unknown): void {
    this.#send({ id, method, params });
  }

  #send(message: object): boolean {
    return this.process.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}
