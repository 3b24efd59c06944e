import { AnswerDeadline } from '../answer-deadline.ts';
import type { AgentAnswer, AgentEvent, AgentReader, AgentRun, RunContext } from '../provider.ts';
import type { Exit, SupervisedProcess } from '../supervisor/process.ts';
import { CodexReader } from './codex-reader.ts';
import type { RequestId, ServerRequest } from './lines.ts';
import { isApproval, nameOfRequest } from './questions.ts';
import {
  approvalResponse,
  initializeRequest,
  interruptRequest,
  refusal,
  type ThreadPlace,
  threadResumeRequest,
  threadStartRequest,
  turnStartRequest,
} from './requests.ts';
import type { CodexSettings } from './settings.ts';

export interface CodexRunOptions {
  readonly process: SupervisedProcess;
  readonly name: string;
  readonly clock: RunContext['clock'];
  readonly giveUp: RunContext['giveUp'];
  readonly version: string | null;
  readonly place: ThreadPlace;
  readonly settings: CodexSettings;
  readonly prompt: string;
  readonly startOffset: number;
  /** A thread to go on with. */
  readonly threadId: string | null;
}

/** One turn of one thread in an app-server of its own, whose stdin is closed when the turn has ended. */
export class CodexRun implements AgentRun {
  readonly startOffset: number;
  readonly terminateSignal = 'SIGTERM';
  readonly process: SupervisedProcess;
  readonly version: string | null;
  readonly #reader: AgentReader;
  readonly #prompt: string;
  readonly #deadline: AnswerDeadline;
  /** Ids of the questions that wait, by their names in events. */
  readonly #questions = new Map<string, RequestId>();
  #threadId: string | null;
  #turnId: string | null = null;

  constructor(options: CodexRunOptions) {
    this.process = options.process;
    this.version = options.version;
    this.#prompt = options.prompt;
    this.startOffset = options.startOffset;
    this.#threadId = options.threadId;
    this.#deadline = new AnswerDeadline(options);
    this.#reader = new CodexReader(options.startOffset, {
      onTurnStarted: (turnId) => {
        this.#turnId = turnId;
      },
      onQuestion: ({ id }) => void this.#questions.set(nameOfRequest(id), id),
      onUnanswerable: (request) => this.#refuse(request),
    });
    this.#send(initializeRequest());
    this.#send({ method: 'initialized' });
    const { place, settings, threadId } = options;
    this.#send(
      threadId === null ? threadStartRequest(place, settings) : threadResumeRequest(threadId, place, settings),
    );
    this.#deadline.expect(threadId === null ? 'thread/start' : 'thread/resume');
  }

  /** The agent names a new thread itself, so it is not known before its first answer. */
  get sessionId(): string | null {
    return this.#threadId;
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    const events = this.#reader.receive(bytes);
    for (const event of events) this.#notice(event);
    return events;
  }

  finish(exit: Exit | null): readonly AgentEvent[] {
    return this.#reader.finish(exit);
  }

  answer(requestId: string, { decision }: AgentAnswer): void {
    const id = this.#questions.get(requestId);
    if (id === undefined) return;
    this.#questions.delete(requestId);
    this.#send(approvalResponse(id, decision === 'allow' ? 'accept' : 'decline'));
  }

  interrupt(): boolean {
    if (this.#threadId === null || this.#turnId === null) return false;
    return this.#send(interruptRequest(this.#threadId, this.#turnId));
  }

  #notice(event: AgentEvent): void {
    if (event.kind === 'session' || event.kind === 'verdict') this.#deadline.met();
    if (event.kind === 'session') {
      this.#threadId = event.sessionId;
      this.#send(turnStartRequest(event.sessionId, this.#prompt));
    } else if (event.kind === 'approval_withdrawn') this.#questions.delete(event.requestId);
    // It would wait for a next turn for ever; end of input is how it is told that there is none.
    else if (event.kind === 'verdict') this.process.closeInput();
  }

  #refuse(request: ServerRequest): void {
    this.#send(isApproval(request) ? approvalResponse(request.id, 'decline') : refusal(request.id));
  }

  #send(message: object): boolean {
    return this.process.write(`${JSON.stringify(message)}\n`);
  }
}
