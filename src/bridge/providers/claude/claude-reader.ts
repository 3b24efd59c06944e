import { assertNever } from '../../../base/assert-never.ts';
import type { UnplacedEvent } from '../output/event-places.ts';
import { LineReader, textEvents } from '../output/line-reader.ts';
import {
  type AssistantLine,
  type ClaudeLine,
  type ControlRequestLine,
  parseClaudeLine,
  type RetryLine,
  type StreamLine,
  type UserLine,
} from './lines.ts';
import { eventsOfResult } from './result.ts';
import { titleOfTool, toolCallRecord, toolResultRecord } from './tool-calls.ts';

export interface ClaudeReaderOptions {
  readonly startOffset?: number;
  /** A request of the agent that we do not know. It waits for an answer for ever, so it must get one. */
  readonly onUnknownRequest?: (requestId: string) => void;
}

/**
 * Understands `stream-json` lines. Text comes twice: as it streams and as a whole. What streamed is written; the whole
 * is used only for messages that did not stream.
 */
export class ClaudeReader extends LineReader {
  readonly #options: ClaudeReaderOptions;
  /** Message that streams now, per conversation: '' for the main one, else the tool call of a sub-agent. */
  readonly #streaming = new Map<string, StreamedMessage>();

  constructor(options: ClaudeReaderOptions = {}) {
    super(options.startOffset ?? 0);
    this.#options = options;
  }

  protected override understand(line: Uint8Array): readonly UnplacedEvent[] | 'not_json' {
    const parsed = parseClaudeLine(line);
    switch (parsed.kind) {
      case 'unknown':
        return [];
      case 'not_json':
        return 'not_json';
      case 'line':
        return this.#understand(parsed.line);
      default:
        return assertNever(parsed);
    }
  }

  #understand(line: ClaudeLine): UnplacedEvent[] {
    switch (line.type) {
      case 'system':
        if (line.subtype === 'api_retry') return [noticeOfRetry(line)];
        return [{ kind: 'session', sessionId: line.session_id, version: line.claude_code_version ?? null }];
      case 'stream_event':
        return this.#stream(line);
      case 'assistant':
        return this.#assistant(line);
      case 'user':
        return resultsOfTools(line);
      case 'result':
        return eventsOfResult(line);
      case 'control_request':
        return this.#request(line);
      case 'control_cancel_request':
        return [{ kind: 'approval_withdrawn', requestId: line.request_id }];
      default:
        return assertNever(line);
    }
  }

  #stream(line: StreamLine): UnplacedEvent[] {
    const { event, parent_tool_use_id: parent } = line;
    const conversation = parent ?? '';
    if (event.type === 'message_start' && event.message) {
      this.#streaming.set(conversation, { id: event.message.id, hasText: false, hasThought: false });
    }
    const message = this.#streaming.get(conversation);
    if (line.abandoned_blocks && (message?.hasText || message?.hasThought)) return [NOTICE_OF_CUT];
    if (event.type !== 'content_block_delta' || !message) return [];
    const { text, thinking } = event.delta ?? {};
    if (thinking) {
      message.hasThought = true;
      return textEvents('thought', thinking);
    }
    if (!text) return [];
    message.hasText = true;
    return textEvents(parent ? 'thought' : 'message', text);
  }

  #assistant(line: AssistantLine): UnplacedEvent[] {
    const parent = line.parent_tool_use_id;
    const streamed = this.#streaming.get(parent ?? '');
    const { hasText, hasThought } = streamed?.id === line.message.id ? streamed : NOTHING_STREAMED;
    return line.message.content.flatMap((block): UnplacedEvent[] => {
      if (block.type === 'text' && typeof block.text === 'string') {
        if (line.is_api_error_message) return textEvents('error', block.text);
        return hasText ? [] : textEvents(parent ? 'thought' : 'message', block.text);
      }
      if (block.type === 'thinking' && typeof block.thinking === 'string') {
        return hasThought ? [] : textEvents('thought', block.thinking);
      }
      const record = toolCallRecord(block);
      return record ? [{ kind: 'record', record }] : [];
    });
  }

  #request({ request_id: requestId, request }: ControlRequestLine): UnplacedEvent[] {
    if (request.subtype !== 'can_use_tool' || !request.tool_name) {
      this.#options.onUnknownRequest?.(requestId);
      return [];
    }
    const question = {
      requestId,
      ...(request.tool_use_id && { toolCallId: request.tool_use_id }),
      title: titleOfTool(request.tool_name, request.input),
      tool: request.tool_name,
      input: request.input ?? {},
    };
    return [{ kind: 'approval', question }];
  }
}

interface StreamedMessage {
  readonly id: string;
  hasText: boolean;
  hasThought: boolean;
}
const NOTHING_STREAMED = { hasText: false, hasThought: false };

function resultsOfTools({ message }: UserLine): UnplacedEvent[] {
  if (typeof message.content === 'string') return [];
  const records = message.content.map(toolResultRecord).filter((record) => record !== undefined);
  return records.map((record) => ({ kind: 'record', record }));
}

// It asks once more, and the answer that then comes is a message of its own.
const NOTICE_OF_CUT: UnplacedEvent = {
  kind: 'record',
  record: {
    type: 'notice',
    level: 'warning',
    text: "The model's server cut its answer off. What came of it is above.",
  },
};

function noticeOfRetry(line: RetryLine): UnplacedEvent {
  const what = line.error_status ? `answered ${line.error_status}` : 'could not be reached';
  const wait = line.retry_delay_ms === undefined ? '' : ` in ${Math.max(1, Math.round(line.retry_delay_ms / 1_000))} s`;
  const count = line.attempt && line.max_retries ? ` (attempt ${line.attempt} of ${line.max_retries})` : '';
  const text = `The model's server ${what}; trying again${wait}${count}.`;
  return { kind: 'record', record: { type: 'notice', level: 'warning', text } };
}
