import type { UnplacedEvent } from '../output/event-places.ts';
import { textEvents } from '../output/line-reader.ts';
import { CommandOutput } from './command-output.ts';
import type { FileChange, Item } from './lines.ts';
import { isToolItem, toolCallRecord, toolResultRecord } from './tool-calls.ts';

interface Delta {
  readonly itemId: string;
  readonly delta: string;
}

/**
 * The items of a turn between their start and their end. Text comes twice: as it streams and as a whole. What streamed
 * is written; the whole is used only for items that did not stream.
 */
export class ThreadItems {
  readonly #streamed = new Set<string>();
  readonly #changes = new Map<string, readonly FileChange[]>();
  readonly #output = new CommandOutput();
  readonly #openCalls = new Set<string>();

  /** What a change of files that was announced would change. */
  changesOf(itemId: string): readonly FileChange[] | undefined {
    return this.#changes.get(itemId);
  }

  started(item: Item): UnplacedEvent[] {
    if (!isToolItem(item)) return [];
    this.#openCalls.add(item.id);
    if (item.type === 'fileChange') this.#changes.set(item.id, item.changes);
    return [{ kind: 'record', record: toolCallRecord(item) }];
  }

  completed(item: Item, isOwnThread: boolean): UnplacedEvent[] {
    const hasStreamed = this.#streamed.delete(item.id);
    if (isToolItem(item)) {
      this.#openCalls.delete(item.id);
      this.#changes.delete(item.id);
      this.#output.end(item.id);
      return [{ kind: 'record', record: toolResultRecord(item) }];
    }
    if (hasStreamed) return [];
    if (item.type === 'agentMessage') return speech(item.text, isOwnThread);
    return textEvents('thought', (item.summary.length > 0 ? item.summary : item.content).join('\n\n'));
  }

  /** The turn is over: a command that still ran is ended with it, and Codex does not say so. */
  endOpenCalls(): UnplacedEvent[] {
    const open = [...this.#openCalls];
    this.#openCalls.clear();
    return open.map((toolCallId) => ({
      kind: 'record',
      record: { type: 'tool_call_update', toolCallId, status: 'failed' },
    }));
  }

  message({ itemId, delta }: Delta, isOwnThread: boolean): UnplacedEvent[] {
    this.#streamed.add(itemId);
    return speech(delta, isOwnThread);
  }

  thought({ itemId, delta }: Delta): UnplacedEvent[] {
    this.#streamed.add(itemId);
    return textEvents('thought', delta);
  }

  output({ itemId, delta }: Delta, atMs: number): UnplacedEvent[] {
    const record = this.#output.receive(itemId, delta, atMs);
    return record ? [{ kind: 'record', record }] : [];
  }
}

/** What a sub-agent says is said to the agent, not to the person. */
function speech(text: string, isOwnThread: boolean): UnplacedEvent[] {
  return textEvents(isOwnThread ? 'message' : 'thought', text);
}
