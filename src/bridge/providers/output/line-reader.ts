import { RECORD_MERGE_BYTES } from '../../../protocol/limits.ts';
import type { AgentEvent, AgentReader } from '../provider.ts';
import { placeEvents, type UnplacedEvent } from './event-places.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import { splitText } from './split-text.ts';

/** A line may hold the whole output of a command, or a diff of a large file. */
const LINE_MAX_BYTES = 16 * 1024 * 1024;
const OPENING_BRACE = 0x7b;

/**
 * What the readers of agents that print one JSON object per line have in common. `startOffset` is where the first line
 * of the run stands in the raw log: a line is understood with the help of those before it, so reading begins there.
 */
export abstract class LineReader implements AgentReader {
  readonly startOffset: number;
  readonly #lines: LineSplitter;

  constructor(startOffset: number) {
    this.startOffset = startOffset;
    this.#lines = new LineSplitter({ maxBytes: LINE_MAX_BYTES, startOffset });
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    return this.#lines.receive(bytes).flatMap((line) => this.#eventsOf(line));
  }

  finish(): readonly AgentEvent[] {
    const line = this.#lines.finish();
    return line ? this.#eventsOf(line) : [];
  }

  /** Events of one whole line; `not_json` for one that the agent's protocol did not write. */
  protected abstract understand(line: Uint8Array): readonly UnplacedEvent[] | 'not_json';

  #eventsOf(line: Line): AgentEvent[] {
    return placeEvents(this.#read(line), line.start, line.end);
  }

  #read({ bytes, start, end }: Line): readonly UnplacedEvent[] {
    if (!bytes) return [{ kind: 'record', record: { type: 'output_gap', from: start, to: end } }];
    const events = this.understand(bytes);
    if (events !== 'not_json') return events;
    // The torn last line of a killed agent says nothing to a person; it stays in the raw log.
    return bytes[0] === OPENING_BRACE ? [] : textEvents('output', `${new TextDecoder().decode(bytes)}\n`);
  }
}

/** What a text is: of the conversation, of a program, or a word about the run with its level. */
export type TextKind = 'message' | 'thought' | 'output' | 'info' | 'warning' | 'error';

/** Cut into records of a size that can be sent as they are. */
export function textEvents(kind: TextKind, text: string): UnplacedEvent[] {
  return splitText(text, RECORD_MERGE_BYTES).map((piece) => ({ kind: 'record', record: recordOf(kind, piece) }));
}

function recordOf(kind: TextKind, text: string) {
  switch (kind) {
    case 'message':
      return { type: 'agent_message_chunk', content: { type: 'text', text } } as const;
    case 'thought':
      return { type: 'agent_thought_chunk', content: { type: 'text', text } } as const;
    case 'output':
      return { type: 'output_chunk', stream: 'stdout', text } as const;
    default:
      return { type: 'notice', level: kind, text } as const;
  }
}
