import { AnswerDeadline } from '../answer-deadline.ts';
import type { AgentAnswer, AgentEvent, AgentReader, AgentRun, RunContext } from '../provider.ts';
import type { Exit, SupervisedProcess } from '../supervisor/process.ts';
import { ClaudeReader } from './claude-reader.ts';

export interface ClaudeRunOptions {
  readonly process: SupervisedProcess;
  readonly name: string;
  readonly clock: RunContext['clock'];
  readonly giveUp: RunContext['giveUp'];
  readonly version: string | null;
  readonly sessionId: string;
  readonly prompt: string;
  readonly startOffset: number;
}

const INTERRUPT_REQUEST_ID = 'ctrlnode-interrupt';

/** One turn in Claude Code's host mode: the prompt and the answers go in on stdin, which is closed after the result. */
export class ClaudeRun implements AgentRun {
  readonly startOffset: number;
  readonly terminateSignal = 'SIGTERM';
  readonly process: SupervisedProcess;
  readonly version: string | null;
  readonly sessionId: string;
  readonly #reader: AgentReader;
  readonly #deadline: AnswerDeadline;
  /** Inputs of the questions that wait, because allowing must name the input again. */
  readonly #inputs = new Map<string, unknown>();

  constructor(options: ClaudeRunOptions) {
    this.process = options.process;
    this.version = options.version;
    this.sessionId = options.sessionId;
    this.startOffset = options.startOffset;
    this.#deadline = new AnswerDeadline(options);
    this.#reader = new ClaudeReader({
      startOffset: options.startOffset,
      onUnknownRequest: (requestId) => this.#refuse(requestId),
    });
    this.#send({
      type: 'user',
      message: { role: 'user', content: options.prompt },
      parent_tool_use_id: null,
      session_id: '',
    });
    this.#deadline.expect('its first prompt');
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    const events = this.#reader.receive(bytes);
    for (const event of events) this.#notice(event);
    return events;
  }

  finish(exit: Exit | null): readonly AgentEvent[] {
    return this.#reader.finish(exit);
  }

  answer(requestId: string, answer: AgentAnswer): void {
    if (!this.#inputs.has(requestId)) return;
    const updatedInput = this.#inputs.get(requestId);
    this.#inputs.delete(requestId);
    const response =
      answer.decision === 'allow' ? { behavior: 'allow', updatedInput } : { behavior: 'deny', message: answer.message };
    this.#send({ type: 'control_response', response: { subtype: 'success', request_id: requestId, response } });
  }

  interrupt(): boolean {
    return this.#send({
      type: 'control_request',
      request_id: INTERRUPT_REQUEST_ID,
      request: { subtype: 'interrupt' },
    });
  }

  #notice(event: AgentEvent): void {
    if (event.kind === 'session' || event.kind === 'verdict') this.#deadline.met();
    if (event.kind === 'approval') this.#inputs.set(event.question.requestId, event.question.input);
    else if (event.kind === 'approval_withdrawn') this.#inputs.delete(event.requestId);
    // In host mode it waits for a next turn for ever; end of input is how it is told that there is none.
    else if (event.kind === 'verdict') this.process.closeInput();
  }

  #refuse(requestId: string): void {
    const response = { subtype: 'error', request_id: requestId, error: 'This host does not support the request.' };
    this.#send({ type: 'control_response', response });
  }

  #send(message: unknown): boolean {
    return this.process.write(`${JSON.stringify(message)}\n`);
  }
}
