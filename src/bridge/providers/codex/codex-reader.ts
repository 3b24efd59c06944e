import { assertNever } from '../../../base/assert-never.ts';
import type { UnplacedEvent } from '../output/event-places.ts';
import { LineReader, textEvents } from '../output/line-reader.ts';
import {
  type Notification,
  parseCodexLine,
  type Response,
  type ServerRequest,
  startedThreadSchema,
  type Turn,
} from './lines.ts';
import { planRecord } from './plan.ts';
import { nameOfRequest, questionOf } from './questions.ts';
import { REQUEST_IDS } from './requests.ts';
import { ThreadItems } from './thread-items.ts';
import { verdictOfLostSession, verdictOfRefusal, verdictOfTurn, wordsOfError } from './verdict.ts';

/** What only who talks to the agent needs to know. */
export interface CodexListener {
  onTurnStarted(turnId: string): void;
  onQuestion(request: ServerRequest): void;
  /** Must be refused, because the agent waits for the answer for ever. */
  onUnanswerable(request: ServerRequest): void;
}

/**
 * Understands the lines of `codex app-server`. One thread is the task's; others are
 * those of its sub-agents, whose turns say nothing about how the task ended.
 */
export class CodexReader extends LineReader {
  readonly #listener: CodexListener | undefined;
  readonly #items = new ThreadItems();
  #threadId: string | undefined;

  constructor(startOffset = 0, listener?: CodexListener) {
    super(startOffset);
    this.#listener = listener;
  }

  protected override understand(line: Uint8Array): readonly UnplacedEvent[] | 'not_json' {
    const parsed = parseCodexLine(line);
    switch (parsed.kind) {
      case 'unknown':
        return [];
      case 'not_json':
        return 'not_json';
      case 'response':
        return this.#response(parsed.response);
      case 'request':
        return this.#request(parsed.request);
      case 'notification':
        return this.#notification(parsed.notification);
      default:
        return assertNever(parsed);
    }
  }

  #response({ id, result, error }: Response): UnplacedEvent[] {
    if (id === REQUEST_IDS.interrupt) return [];
    if (error && id === REQUEST_IDS.threadResume) {
      return [{ kind: 'verdict', verdict: verdictOfLostSession(error.message) }];
    }
    if (error) return [{ kind: 'verdict', verdict: verdictOfRefusal(error.message) }];
    if (id !== REQUEST_IDS.threadStart && id !== REQUEST_IDS.threadResume) return [];
    const started = startedThreadSchema.safeParse(result);
    if (!started.success) return [{ kind: 'verdict', verdict: verdictOfRefusal('its answer was not understood.') }];
    const { thread } = started.data;
    this.#threadId = thread.id;
    return [{ kind: 'session', sessionId: thread.id, version: thread.cliVersion ?? null }];
  }

  #request(request: ServerRequest): UnplacedEvent[] {
    const question = questionOf(request, (itemId) => this.#items.changesOf(itemId));
    if (question) {
      this.#listener?.onQuestion(request);
      return [{ kind: 'approval', question }];
    }
    this.#listener?.onUnanswerable(request);
    return textEvents('warning', `Codex asked for something that cannot be answered here: ${request.method}`);
  }

  #notification({ method, params, ...rest }: Notification): UnplacedEvent[] {
    const isOwn = !('threadId' in params) || params.threadId === this.#threadId;
    switch (method) {
      case 'turn/started':
        if (isOwn) this.#listener?.onTurnStarted(params.turn.id);
        return [];
      case 'turn/completed':
        return isOwn ? this.#endOfTurn(params.turn) : [];
      case 'item/started':
        return this.#items.started(params.item);
      case 'item/completed':
        return this.#items.completed(params.item, isOwn);
      case 'item/agentMessage/delta':
        return this.#items.message(params, isOwn);
      case 'item/reasoning/summaryTextDelta':
      case 'item/reasoning/textDelta':
        return this.#items.thought(params);
      case 'item/reasoning/summaryPartAdded':
        return params.summaryIndex > 0 ? textEvents('thought', '\n\n') : [];
      case 'item/commandExecution/outputDelta':
        return this.#items.output(params, 'emittedAtMs' in rest ? (rest.emittedAtMs ?? 0) : 0);
      case 'turn/plan/updated':
        return isOwn ? [{ kind: 'record', record: planRecord(params.plan) }] : [];
      case 'thread/tokenUsage/updated': {
        const { inputTokens, outputTokens } = params.tokenUsage.total;
        return isOwn
          ? [{ kind: 'record', record: { type: 'usage_update', usage: { inputTokens, outputTokens } } }]
          : [];
      }
      case 'error': {
        const words = wordsOfError(params.error);
        return params.willRetry ? textEvents('warning', `${words}; trying again.`) : textEvents('error', words);
      }
      case 'warning':
        return textEvents('warning', params.message);
      case 'serverRequest/resolved':
        return [{ kind: 'approval_withdrawn', requestId: nameOfRequest(params.requestId) }];
      default:
        return assertNever(method);
    }
  }

  #endOfTurn(turn: Turn): UnplacedEvent[] {
    return [...this.#items.endOpenCalls(), { kind: 'verdict', verdict: verdictOfTurn(turn) }];
  }
}
