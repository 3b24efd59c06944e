import type { NewTaskRecord } from '../../../protocol/records/task-records.ts';
import { textContent } from './tool-calls.ts';

const TAIL_LENGTH = 4 * 1024;
const INTERVAL_MS = 1_000;

interface Output {
  tail: string;
  shownAtMs: number;
}

/**
 * What running commands print. An update replaces what was shown before, so each holds the newest part, and there is at
 * most one a second, by the agent's clock: the same lines give the same updates whenever they are read. The end of the
 * command brings the whole.
 */
export class CommandOutput {
  readonly #outputs = new Map<string, Output>();

  receive(toolCallId: string, delta: string, atMs: number): NewTaskRecord | undefined {
    const output = this.#outputs.get(toolCallId) ?? { tail: '', shownAtMs: Number.NEGATIVE_INFINITY };
    this.#outputs.set(toolCallId, output);
    output.tail = (output.tail + delta).slice(-TAIL_LENGTH).toWellFormed();
    if (atMs - output.shownAtMs < INTERVAL_MS) return undefined;
    output.shownAtMs = atMs;
    return { type: 'tool_call_update', toolCallId, status: 'in_progress', ...textContent(output.tail) };
  }

  end(toolCallId: string): void {
    this.#outputs.delete(toolCallId);
  }
}
