import { assertNever } from '../../../base/assert-never.ts';
import type { UnplacedEvent } from '../output/event-places.ts';
import { LineReader, textEvents } from '../output/line-reader.ts';
import type { AcpQuirks } from './acp-agent.ts';
import {
  type AcpMessage,
  type AcpToolCall,
  initializedSchema,
  newSessionSchema,
  parseAcpLine,
  promptResultSchema,
  type RpcError,
  type SessionUpdate,
} from './messages.ts';
import { isReadyAfter, isWayBack, REQUEST_IDS, wayBackOf } from './session-requests.ts';
import { questionOf, recordOfToolCall } from './tool-calls.ts';
import { failed, verdictOfError, verdictOfLostSession, verdictOfStop } from './verdict.ts';

export interface AcpReaderOptions {
  readonly startOffset?: number;
  readonly name: string;
  readonly quirks?: AcpQuirks | undefined;
  /** The session that is gone on with. A reader of a run that nobody talks to any more need not know it. */
  readonly sessionId?: string | null;
  /** Sees each message before its events are handed out. */
  readonly onMessage?: (message: AcpMessage) => void;
}

/** Understands the lines of one turn. */
export class AcpReader extends LineReader {
  readonly #options: AcpReaderOptions;
  readonly #knownCalls = new Set<string>();
  #version: string | null = null;
  #isReady = false;
  #lastChunk = '';

  constructor(options: AcpReaderOptions) {
    super(options.startOffset ?? 0);
    this.#options = options;
  }

  protected override understand(line: Uint8Array): readonly UnplacedEvent[] | 'not_json' {
    const message = parseAcpLine(line);
    if (message.kind === 'not_json') return 'not_json';
    this.#options.onMessage?.(message);
    return this.#understand(message);
  }

  #understand(message: Exclude<AcpMessage, { kind: 'not_json' }>): UnplacedEvent[] {
    switch (message.kind) {
      case 'update':
        return this.#isReady ? this.#update(message.update) : [];
      case 'permission':
        return [
          ...(this.#knownCalls.has(message.toolCall.toolCallId) ? [] : this.#toolCall(message.toolCall)),
          { kind: 'approval', question: questionOf(message.id, message.toolCall) },
        ];
      case 'result':
        return this.#result(message.id, message.result);
      case 'error':
        return this.#error(message.id, message.error);
      case 'unknown_request':
      case 'ignored':
        return [];
      default:
        return assertNever(message);
    }
  }

  #update(update: SessionUpdate): UnplacedEvent[] {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return this.#message(update.content.text ?? '');
      case 'agent_thought_chunk':
        return textEvents('thought', update.content.text ?? '');
      case 'tool_call':
      case 'tool_call_update':
        return this.#toolCall(update);
      case 'plan':
        return [{ kind: 'record', record: { type: 'plan', entries: update.entries } }];
      default:
        return assertNever(update);
    }
  }

  #message(text: string): UnplacedEvent[] {
    this.#lastChunk = text;
    const notice = this.#options.quirks?.noticeIn?.(text);
    return notice ? textEvents(notice.level, notice.text) : textEvents('message', text);
  }

  // Some agents send a permission or an update without the call before it.
  #toolCall(call: AcpToolCall): UnplacedEvent[] {
    this.#lastChunk = '';
    const type = this.#knownCalls.has(call.toolCallId) ? 'tool_call_update' : 'tool_call';
    this.#knownCalls.add(call.toolCallId);
    return [{ kind: 'record', record: recordOfToolCall(call, type) }];
  }

  #result(id: string | number, result: unknown): UnplacedEvent[] {
    switch (id) {
      case REQUEST_IDS.initialize:
        return this.#initialized(result);
      case REQUEST_IDS.newSession: {
        const session = newSessionSchema.safeParse(result);
        if (!session.success) return this.#misunderstood('session/new');
        return this.#ready(session.data.sessionId);
      }
      case REQUEST_IDS.prompt:
        return this.#ended(result);
      default:
        return isReadyAfter(id) ? this.#ready(this.#options.sessionId) : [];
    }
  }

  #error(id: string | number, error: RpcError): UnplacedEvent[] {
    const { name, sessionId } = this.#options;
    if (!isOurs(id)) return [];
    if (id === REQUEST_IDS.loaded) return this.#ready(sessionId);
    const verdict = isWayBack(id) ? verdictOfLostSession(name, error) : verdictOfError(name, error);
    return [{ kind: 'verdict', verdict }];
  }

  #ready(sessionId: string | null | undefined): UnplacedEvent[] {
    this.#isReady = true;
    return sessionId ? [{ kind: 'session', sessionId, version: this.#version }] : [];
  }

  #initialized(result: unknown): UnplacedEvent[] {
    const parsed = initializedSchema.safeParse(result);
    if (!parsed.success) return this.#misunderstood('initialize');
    this.#version = parsed.data.agentInfo?.version ?? null;
    const { name, sessionId } = this.#options;
    const { protocolVersion } = parsed.data;
    if (protocolVersion !== 1) {
      const message = `${name} speaks version ${protocolVersion} of the Agent Client Protocol, not 1.`;
      return [{ kind: 'verdict', verdict: failed(message) }];
    }
    if (!sessionId || wayBackOf(parsed.data)) return [];
    return [{ kind: 'verdict', verdict: verdictOfLostSession(name, undefined) }];
  }

  #ended(result: unknown): UnplacedEvent[] {
    const parsed = promptResultSchema.safeParse(result);
    if (!parsed.success) return this.#misunderstood('session/prompt');
    const { stopReason, usage } = parsed.data;
    const { name, quirks } = this.#options;
    const hidden = stopReason === 'end_turn' ? quirks?.hiddenError?.(this.#lastChunk, Boolean(usage)) : undefined;
    const verdict = hidden ? failed(`${name} ended with an error: ${hidden}`) : verdictOfStop(name, stopReason);
    const { inputTokens, outputTokens } = usage ?? {};
    const counted = {
      ...(inputTokens !== undefined && { inputTokens }),
      ...(outputTokens !== undefined && { outputTokens }),
    };
    return [
      ...(usage ? [{ kind: 'record' as const, record: { type: 'usage_update' as const, usage: counted } }] : []),
      { kind: 'verdict', verdict },
    ];
  }

  #misunderstood(method: string): UnplacedEvent[] {
    const verdict = failed(`${this.#options.name} answered ${method} in a way that we do not understand.`);
    return [{ kind: 'verdict', verdict }];
  }
}

function isOurs(id: string | number): boolean {
  return Object.values<string | number>(REQUEST_IDS).includes(id);
}
