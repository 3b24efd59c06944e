import { assertNever } from '../../base/assert-never.ts';
import type { TaskRecord } from '../../protocol/records/task-records.ts';
import { isTerminal, type TaskState } from '../../protocol/task-state.ts';
import type { LogEntry } from '../../protocol/ui/log-entry.ts';
import { TerminalLines } from '../terminal/terminal-lines.ts';
import { EMPTY_SUMMARY, type LogBlock, type LogSummary } from './log-blocks.ts';
import { summarize } from './log-summary.ts';

/** A terminal block is closed at so many lines, so that a view can leave out what is out of sight. */
const TERMINAL_LINES_MAX = 50;
/** A text block is closed at the next blank line past so many characters. */
const TEXT_CHARACTERS_MAX = 8_000;
const TEXT_CHARACTERS_LIMIT = 64_000;

type RecordOf<T extends TaskRecord['type']> = Extract<TaskRecord, { type: T }>;

/**
 * Folds a log's entries into what is shown, one by one: the same entries give the same blocks however they arrived.
 * Cheap per entry, so that a log may grow by thousands of records a second.
 */
export class LogModel {
  #blocks: LogBlock[] = [];
  #summary: LogSummary = EMPTY_SUMMARY;
  readonly #toolAt = new Map<string, number>();
  readonly #approvalAt = new Map<string, number>();
  /** The blocks of each message. */
  readonly #saidAt = new Map<string, number[]>();
  /** Messages that no turn has answered yet. */
  readonly #unanswered = new Set<string>();
  #planAt: number | undefined;
  #terminal: TerminalLines | undefined;
  #lastState: TaskState | undefined;
  #isFurtherTurn = false;
  /** Of the message that the turn answers which begins now. */
  #answers: string | undefined;
  #length = 0;

  /** Changes in place; read it again after each `append`. */
  get blocks(): readonly LogBlock[] {
    return this.#blocks;
  }

  /** Grows by one with each block and each line of output. */
  get length(): number {
    return this.#length;
  }

  get summary(): LogSummary {
    return this.#summary;
  }

  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'record') {
        this.#summary = summarize(this.#summary, entry.record);
        this.#record(entry.record);
      } else if (entry.kind === 'problem') this.#problem(entry);
      else this.#push({ ...entry, id: `m${entry.at}` });
    }
  }

  #problem({ problem }: Extract<LogEntry, { kind: 'problem' }>): void {
    const at = this.#blocks.at(-1)?.at ?? 0;
    const id = problem.kind === 'old_epoch' ? 'old_epoch' : `${problem.kind}${problem.first}`;
    this.#push({ kind: 'problem', id, at, problem });
  }

  #record(record: TaskRecord): void {
    const common = { id: `r${record.n}`, at: record.at };
    switch (record.type) {
      case 'user_message_chunk':
        this.#said(record);
        return;
      case 'agent_message_chunk':
        this.#text('agent', record);
        return;
      case 'agent_thought_chunk':
        this.#text('thought', record);
        return;
      case 'tool_call':
        this.#toolCall(record);
        return;
      case 'tool_call_update':
        this.#toolUpdate(record);
        return;
      case 'output_chunk':
        this.#output(record);
        return;
      case 'plan':
        this.#plan(record);
        return;
      case 'approval_requested':
        this.#approvalAt.set(record.approvalId, this.#blocks.length);
        this.#push({ kind: 'approval', ...common, request: record, resolution: null });
        return;
      case 'approval_resolved':
        this.#resolve(record);
        return;
      case 'task_state':
        this.#state(record);
        return;
      case 'output_gap':
        this.#push({ kind: 'output_gap', ...common, bytes: record.to - record.from });
        return;
      case 'notice':
        this.#push({ kind: 'notice', ...common, level: record.level, text: record.text });
        return;
      case 'usage_update':
      case 'output_manifest':
        return;
      default:
        assertNever(record, 'record');
        return;
    }
  }

  #push(block: LogBlock): void {
    this.#length++;
    this.#blocks.push(block);
  }

  /** Only what is news to the reader: a question and its answer are shown by themselves. */
  #state(record: RecordOf<'task_state'>): void {
    const { state } = record;
    const before = this.#lastState;
    this.#lastState = state;
    if (isTerminal(state)) this.#endTurn(state);
    else if (before !== undefined && isTerminal(before)) this.#isFurtherTurn = true;
    if (state === 'preparing') this.#beginTurn(record.messageId);
    const isBack = state === 'running' && (before === 'waiting' || before === 'running');
    const isQueuedAgain = state === 'queued' && this.#isFurtherTurn;
    if (state === 'waiting' || state === 'preparing' || isBack || isQueuedAgain) return;
    const answers = state === 'running' ? this.#answered() : null;
    this.#push({
      kind: 'state',
      id: `r${record.n}`,
      at: record.at,
      record,
      isFurtherTurn: this.#isFurtherTurn,
      answers,
    });
  }

  /** The other messages wait on. A turn that names none is of a bridge that did not say: then none is known to wait. */
  #beginTurn(messageId: string | undefined): void {
    this.#answers = messageId;
    if (!this.#isFurtherTurn) return;
    if (messageId === undefined) this.#forgetWaiting();
    else this.#unanswered.delete(messageId);
    for (const waiting of this.#unanswered) this.#setHeld(waiting, { isHeld: true });
    if (messageId !== undefined) this.#setHeld(messageId, { isHeld: false });
  }

  #answered(): string | null {
    const places = this.#saidAt.get(this.#answers ?? '') ?? [];
    const block = this.#blocks[places[0] ?? Number.NaN];
    const isRightAbove = places.at(-1) === this.#blocks.length - 1;
    return block?.kind === 'user' && !isRightAbove ? block.text : null;
  }

  #forgetWaiting(): void {
    for (const messageId of this.#unanswered) this.#setHeld(messageId, { isHeld: false });
    this.#unanswered.clear();
  }

  #setHeld(messageId: string, { isHeld }: { readonly isHeld: boolean }): void {
    for (const index of this.#saidAt.get(messageId) ?? []) {
      const block = this.#blocks[index];
      if (block?.kind === 'user' && block.isHeld !== isHeld) this.#blocks[index] = { ...block, isHeld };
    }
  }

  /** Nothing goes on from one turn to the next, and agents use the ids of their tool calls again. */
  #endTurn(state: TaskState): void {
    for (const index of this.#toolAt.values()) {
      const block = this.#blocks[index];
      if (block?.kind === 'tool') this.#blocks[index] = { ...block, isOver: true };
    }
    this.#toolAt.clear();
    // Who cancels takes back what waits.
    if (state === 'cancelled') this.#forgetWaiting();
    this.#planAt = undefined;
  }

  #said({ n, at, content, ...record }: RecordOf<'user_message_chunk'>): void {
    const messageId = record.messageId ?? null;
    const last = this.#blocks.at(-1);
    if (last?.kind === 'user' && last.messageId === messageId && !isFull(last.text)) {
      this.#blocks[this.#blocks.length - 1] = { ...last, text: last.text + content.text };
      return;
    }
    const isHeld = messageId !== null && this.#isTurnTaken();
    if (messageId !== null) this.#remember(messageId);
    this.#push({ kind: 'user', id: `r${n}`, at, text: content.text, messageId, isHeld });
  }

  #remember(messageId: string): void {
    this.#unanswered.add(messageId);
    this.#saidAt.set(messageId, [...(this.#saidAt.get(messageId) ?? []), this.#blocks.length]);
  }

  /** Another message, or the instructions, came before: that is what the agent works on, or will. */
  #isTurnTaken(): boolean {
    const state = this.#lastState;
    if (state === undefined || isTerminal(state)) return false;
    return !this.#isFurtherTurn || state !== 'queued';
  }

  #text(kind: 'agent' | 'thought', record: RecordOf<'agent_message_chunk' | 'agent_thought_chunk'>): void {
    const { text } = record.content;
    const last = this.#blocks.at(-1);
    if (last?.kind === kind && !isFull(last.text)) {
      const joined = { ...last, text: last.text + text };
      this.#blocks[this.#blocks.length - 1] = joined.kind === 'thought' ? { ...joined, endedAt: record.at } : joined;
      return;
    }
    const common = { id: `r${record.n}`, at: record.at, text };
    this.#push(kind === 'thought' ? { kind, ...common, endedAt: record.at } : { kind, ...common });
  }

  #toolCall(record: RecordOf<'tool_call'>): void {
    const known = this.#toolAt.get(record.toolCallId);
    if (known !== undefined) {
      this.#changeTool(known, record);
      return;
    }
    this.#toolAt.set(record.toolCallId, this.#blocks.length);
    const common = { id: `r${record.n}`, at: record.at, isOver: false };
    this.#push({ kind: 'tool', ...common, call: record, endedAt: endOf(record, null) });
  }

  #toolUpdate(record: RecordOf<'tool_call_update'>): void {
    const known = this.#toolAt.get(record.toolCallId);
    if (known !== undefined) {
      this.#changeTool(known, record);
      return;
    }
    // Its beginning was dropped or did not open: what is known is better than nothing.
    this.#toolCall({ ...record, type: 'tool_call', title: record.title ?? 'Tool' });
  }

  #changeTool(index: number, record: RecordOf<'tool_call' | 'tool_call_update'>): void {
    const block = this.#blocks[index];
    if (block?.kind !== 'tool') return;
    const { type: _type, n: _n, at: _at, ...changes } = record;
    const call = { ...block.call, ...withoutUndefined(changes) };
    this.#blocks[index] = { ...block, call, endedAt: endOf(record, block.endedAt) };
  }

  #plan(record: RecordOf<'plan'>): void {
    const known = this.#planAt === undefined ? undefined : this.#blocks[this.#planAt];
    if (known?.kind === 'plan' && this.#planAt !== undefined) {
      this.#blocks[this.#planAt] = { ...known, entries: record.entries };
      return;
    }
    this.#planAt = this.#blocks.length;
    this.#push({ kind: 'plan', id: `r${record.n}`, at: record.at, entries: record.entries });
  }

  #resolve(record: RecordOf<'approval_resolved'>): void {
    const index = this.#approvalAt.get(record.approvalId);
    const block = index === undefined ? undefined : this.#blocks[index];
    if (index !== undefined && block?.kind === 'approval') this.#blocks[index] = { ...block, resolution: record };
  }

  #output(record: RecordOf<'output_chunk'>): void {
    const last = this.#blocks.at(-1);
    const isSame = last?.kind === 'terminal' && last.stream === record.stream && this.#terminal !== undefined;
    if (!isSame) {
      this.#terminal = new TerminalLines();
      this.#pushTerminal(record, `r${record.n}`, false);
    }
    const before = this.#terminal?.lines.length ?? 0;
    this.#terminal?.write(record.text);
    this.#length += (this.#terminal?.lines.length ?? 0) - before;
    this.#closeFullTerminals(record);
    const terminal = this.#terminal;
    const open = this.#blocks.at(-1);
    if (terminal && open?.kind === 'terminal')
      this.#blocks[this.#blocks.length - 1] = { ...open, lines: [...terminal.lines] };
  }

  /** Gives each so many finished lines a block of their own and goes on with the rest. */
  #closeFullTerminals(record: RecordOf<'output_chunk'>): void {
    const lines = this.#terminal?.lines ?? [];
    let from = 0;
    for (let part = 1; lines.length - from > TERMINAL_LINES_MAX; part++) {
      const full = this.#blocks.at(-1);
      if (full?.kind !== 'terminal') return;
      const closed = lines.slice(from, from + TERMINAL_LINES_MAX);
      this.#blocks[this.#blocks.length - 1] = { ...full, lines: closed, isContinued: true };
      from += TERMINAL_LINES_MAX;
      this.#pushTerminal(record, `r${record.n}.${part}`, true);
    }
    lines.splice(0, from);
  }

  #pushTerminal({ at, stream }: RecordOf<'output_chunk'>, id: string, isContinuing: boolean): void {
    // Its lines count, not the block: where blocks are cut is nothing to a reader.
    this.#blocks.push({ kind: 'terminal', id, at, stream, lines: [], isContinuing, isContinued: false });
  }
}

function endOf(
  record: { readonly status?: string | undefined; readonly at: number },
  known: number | null,
): number | null {
  return record.status === 'completed' || record.status === 'failed' ? record.at : known;
}

/** Only at a blank line and outside a code block, so that each part reads as Markdown by itself. */
function isFull(text: string): boolean {
  if (text.length > TEXT_CHARACTERS_LIMIT) return true;
  return text.length > TEXT_CHARACTERS_MAX && text.endsWith('\n\n') && (text.match(/^```/gm)?.length ?? 0) % 2 === 0;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Partial<T>;
}
