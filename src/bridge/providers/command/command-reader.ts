import { RECORD_MERGE_BYTES } from '../../../protocol/limits.ts';
import { type TextPiece, Utf8Text } from '../output/utf8-text.ts';
import type { AgentEvent, AgentReader, Verdict } from '../provider.ts';
import type { Exit } from '../supervisor/process.ts';

/** Terminal text of any program. Its exit is its terminal event: 0 means success, as for every shell. */
export class CommandReader implements AgentReader {
  readonly startOffset: number;
  readonly #program: string;
  readonly #text: Utf8Text;
  #at: number;

  /** `startOffset` may be any place that an event named. */
  constructor(options: { readonly startOffset: number; readonly program: string }) {
    this.startOffset = options.startOffset;
    this.#at = options.startOffset;
    this.#program = options.program;
    this.#text = new Utf8Text({ startOffset: options.startOffset, sliceBytes: RECORD_MERGE_BYTES });
  }

  receive(bytes: Uint8Array): readonly AgentEvent[] {
    return this.#events(this.#text.receive(bytes));
  }

  finish(exit: Exit | null): readonly AgentEvent[] {
    const events = this.#events(this.#text.finish());
    if (!exit) return events;
    return [...events, { kind: 'verdict', at: this.#at, verdict: verdictOf(exit, this.#program) }];
  }

  #events(pieces: readonly TextPiece[]): AgentEvent[] {
    return pieces.map(({ text, at }) => {
      this.#at = at;
      return { kind: 'record', at, record: { type: 'output_chunk', stream: 'stdout', text } };
    });
  }
}

function verdictOf(exit: Exit, program: string): Verdict {
  if (exit.code === 0) return { state: 'succeeded' };
  const how = exit.code === null ? `was ended by ${exit.signal ?? 'a signal'}` : `ended with exit code ${exit.code}`;
  return { state: 'failed', reason: { code: 'agent_exit', message: `${program} ${how}.` } };
}
