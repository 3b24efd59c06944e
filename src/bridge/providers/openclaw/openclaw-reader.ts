import { assertNever } from '../../../base/assert-never.ts';
import type { UnplacedEvent } from '../output/event-places.ts';
import { LineReader, textEvents } from '../output/line-reader.ts';
import type { AgentEvent, Verdict } from '../provider.ts';
import {
  type AgentPayload,
  type ApprovalPayload,
  type ChatEnd,
  type GatewayLine,
  type OwnLine,
  parseOpenClawLine,
} from './lines.ts';
import { titleOfCommand, toolRecord } from './tool-calls.ts';

const MESSAGE_MAX_LENGTH = 2_000;
/** What of a question says how it is asked, and not what for. */
const ASKED_FOR = ['command', 'cwd', 'host', 'nodeId', 'warningText'];

/** Understands the raw log of one turn: our own lines and the gateway's frames. */
export class OpenClawReader extends LineReader {
  readonly #usage = { inputTokens: 0, outputTokens: 0 };
  readonly #openCalls = new Set<string>();
  #end: number;
  #hasSpoken = false;
  #isAborted = false;
  #isJudged = false;
  /** What went wrong, as the gateway and as the model's server say it. */
  #error: string | undefined;
  #detail: string | undefined;

  constructor(startOffset: number) {
    super(startOffset);
    this.#end = startOffset;
  }

  override receive(bytes: Uint8Array): readonly AgentEvent[] {
    this.#end += bytes.length;
    return super.receive(bytes);
  }

  override finish(): readonly AgentEvent[] {
    const events = super.finish();
    if (!this.#isAborted) return events;
    return [...events, ...this.#judge(this.#failure()).map((event) => ({ ...event, at: this.#end }) as AgentEvent)];
  }

  protected override understand(bytes: Uint8Array): readonly UnplacedEvent[] | 'not_json' {
    const parsed = parseOpenClawLine(bytes);
    switch (parsed.kind) {
      case 'own':
        return this.#own(parsed.line);
      case 'gateway':
        return this.#gateway(parsed.line);
      case 'unknown':
        return [];
      case 'not_json':
        return 'not_json';
      default:
        return assertNever(parsed);
    }
  }

  #own(line: OwnLine): UnplacedEvent[] {
    switch (line.event) {
      case 'run':
        return [{ kind: 'session', sessionId: line.sessionKey, version: line.version }];
      case 'notice':
        return textEvents(line.level, line.text);
      case 'failed':
        return this.#judge({ state: 'failed', reason: line.reason });
      default:
        return assertNever(line);
    }
  }

  #gateway(line: GatewayLine): UnplacedEvent[] {
    switch (line.event) {
      case 'agent':
        return this.#agent(line.payload);
      case 'chat':
        return this.#chat(line.payload);
      case 'session.message': {
        const { input, output } = line.payload.message.usage;
        this.#usage.inputTokens += input;
        this.#usage.outputTokens += output;
        return [{ kind: 'record', record: { type: 'usage_update', usage: { ...this.#usage } } }];
      }
      case 'exec.approval.requested':
        return [{ kind: 'approval', question: questionOf(line.payload) }];
      case 'exec.approval.resolved':
        return [{ kind: 'approval_withdrawn', requestId: line.payload.id }];
      default:
        return assertNever(line);
    }
  }

  #agent(payload: AgentPayload): UnplacedEvent[] {
    switch (payload.stream) {
      case 'thinking':
        return textEvents('thought', payload.data.replace ? payload.data.text : payload.data.delta);
      case 'assistant': {
        const { delta, replace, text } = payload.data;
        this.#hasSpoken ||= delta !== '' || text !== '';
        if (!replace) return textEvents('message', delta);
        return [
          ...textEvents('warning', 'OpenClaw takes back its last words and says them anew.'),
          ...textEvents('message', text),
        ];
      }
      case 'tool':
        if (payload.data.phase === 'start') this.#openCalls.add(payload.data.toolCallId);
        else if (payload.data.phase === 'result') this.#openCalls.delete(payload.data.toolCallId);
        return [{ kind: 'record', record: toolRecord(payload.data) }];
      case 'lifecycle':
        return this.#lifecycle(payload.data.error, payload.data.fallbackStepFromFailureDetail);
      default:
        return assertNever(payload);
    }
  }

  #lifecycle(error: string | null | undefined, detail: string | null | undefined): UnplacedEvent[] {
    this.#error = error ?? this.#error;
    this.#detail = detail ?? this.#detail;
    return this.#isAborted && error ? this.#judge(this.#failure()) : [];
  }

  #chat({ state, errorMessage, message, yielded }: ChatEnd): UnplacedEvent[] {
    // It waits for its sub-agents and goes on afterwards.
    if (yielded) return [];
    switch (state) {
      case 'final': {
        const text = message?.content.map((block) => block.text ?? '').join('') ?? '';
        // An answer of the gateway itself, such as to a command, does not stream.
        const late = this.#hasSpoken ? [] : textEvents('message', text);
        return [...late, ...this.#judge({ state: 'succeeded' })];
      }
      case 'error':
        this.#error = errorMessage ?? this.#error;
        return this.#judge(this.#failure());
      case 'aborted':
        // Also how it ends a turn without an answer; then the reason follows, or came before.
        this.#isAborted = true;
        return this.#error ? this.#judge(this.#failure()) : [];
      default:
        return assertNever(state);
    }
  }

  /** The first word counts: the gateway may repeat an error in other words. */
  #judge(verdict: Verdict): UnplacedEvent[] {
    if (this.#isJudged) return [];
    this.#isJudged = true;
    const left = [...this.#openCalls];
    this.#openCalls.clear();
    const ended = left.map((toolCallId): UnplacedEvent => {
      return { kind: 'record', record: { type: 'tool_call_update', toolCallId, status: 'failed' } };
    });
    return [...ended, { kind: 'verdict', verdict }];
  }

  #failure(): Verdict {
    const words = this.#error ?? 'it was interrupted.';
    const detail = this.#detail && !words.includes(this.#detail) ? ` (${this.#detail})` : '';
    const message = `OpenClaw ended with an error: ${words}${detail}`;
    return {
      state: 'failed',
      reason: { code: 'agent_error', message: message.slice(0, MESSAGE_MAX_LENGTH).toWellFormed() },
    };
  }
}

function questionOf({ id, request }: ApprovalPayload) {
  const { command, toolCallId } = request;
  const asked = ASKED_FOR.map((key) => [key, request[key]] as const).filter(([, value]) => value != null);
  return {
    requestId: id,
    ...(toolCallId && { toolCallId }),
    title: titleOfCommand(command),
    tool: 'shell',
    input: Object.fromEntries(asked),
  };
}
