/**
 * All streams that go up, as the channel's SegmentLog. The log is the queue: nothing is copied anywhere else. Task
 * streams live in their task folders, the bridge's own in `<dataDir>/bridge.ndjson`. Only what is durable is ever
 * announced or read.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { ReadLimits, SegmentLog } from '../../channel/ports.ts';
import { BRIDGE_STREAM, taskStream } from '../../protocol/names.ts';
import type { NewBridgeRecord } from '../../protocol/records/bridge-records.ts';
import type { NewTaskRecord } from '../../protocol/records/task-records.ts';
import type { Segment, StreamEnd } from '../../protocol/wire/frames.ts';
import type { SegmentSealer } from '../../sealing/segments.ts';
import type { Journal, Logger } from '../ports.ts';
import { compactBridgeJournal } from './bridge-journal-compaction.ts';
import { FilePool } from './file-pool.ts';
import { type OpenJournalFile, openJournalFile } from './journal-file.ts';
import { JOURNAL_START, type RecoveredJournal, recoverJournal } from './journal-recovery.ts';
import { JournalWriter } from './journal-writer.ts';
import { linesInFile, linesInMemory, sealLines, segmentLimits } from './segment-reader.ts';
import type { StateDatabase } from './state-database.ts';
import { createEpoch, StreamSet } from './stream-set.ts';
import type { AnyWriter, StreamState } from './stream-state.ts';

const OPEN_FILES_MAX = 8;

export interface BridgeLogOptions {
  readonly state: StateDatabase;
  readonly dataDir: string;
  /** Undefined while the bridge is not paired: then nothing is read. */
  readonly sealer: () => SegmentSealer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests that break the disk. */
  readonly openFile?: OpenJournalFile;
}

/** Streams that cannot be written or read, with the reason. Empty when all is well. */
export type LogHealth = ReadonlyMap<string, CodedError>;

/** Recovers every stream that was open when the last engine ended, then opens the bridge's own. */
export async function openBridgeLog(options: BridgeLogOptions): Promise<BridgeLog> {
  const log = new BridgeLog(options);
  await log.open();
  return log;
}

export class BridgeLog implements SegmentLog {
  readonly #options: BridgeLogOptions;
  readonly #openFile: OpenJournalFile;
  readonly #files: FilePool;
  readonly #streams: StreamSet;
  readonly #opening = new Map<string, Promise<AnyWriter>>();
  readonly #problems = new Map<string, CodedError>();
  readonly #didAppend = new Emitter<string>();
  readonly #didChangeHealth = new Emitter<LogHealth>();
  #bridgeJournal: AnyWriter | undefined;

  /** Name of a stream, after new records of it became durable. */
  readonly onDidAppend = this.#didAppend.event;
  readonly onDidChangeHealth = this.#didChangeHealth.event;

  constructor(options: BridgeLogOptions) {
    this.#options = options;
    this.#openFile = options.openFile ?? openJournalFile;
    this.#files = new FilePool({ open: this.#openFile, maxOpen: OPEN_FILES_MAX });
    this.#streams = new StreamSet(options);
  }

  async open(): Promise<void> {
    for (const state of this.#streams.stored()) {
      if (state.stream === BRIDGE_STREAM) continue;
      if (!state.isFinished) await this.#closeAfterCrash(state);
      if (!state.isSettled) this.#streams.activate(state);
    }
    const path = join(this.#options.dataDir, 'bridge.ndjson');
    const state = this.#streams.findOrCreate(BRIDGE_STREAM, path);
    if (await compactBridgeJournal(state, this.#openFile)) this.#streams.save(state);
    this.#bridgeJournal = await this.#openStream(BRIDGE_STREAM, path);
  }

  get bridgeJournal(): Journal<NewBridgeRecord> {
    if (!this.#bridgeJournal) throw new Error('The bridge log is not open');
    return this.#bridgeJournal as unknown as Journal<NewBridgeRecord>;
  }

  get health(): LogHealth {
    return this.#problems;
  }

  /** What waits to be acknowledged by the peer, over all streams. */
  queueDepth(): { readonly records: number; readonly bytes: number } {
    return this.#streams.queued;
  }

  /** Opens, or makes, a task's journal at an absolute path, recovering it first. Opening it twice gives the same one. */
  async openTaskJournal(taskId: string, path: string): Promise<Journal<NewTaskRecord>> {
    return (await this.#openStream(taskStream(taskId), path)) as unknown as Journal<NewTaskRecord>;
  }

  /** Number of the newest durable record of a task; 0 for an unknown one. */
  recordsOf(taskId: string): number {
    return this.#streams.find(taskStream(taskId))?.position.end ?? 0;
  }

  /** The peer has all that a task's stream will hold; so too if it never had one. */
  isTaskSettled(taskId: string): boolean {
    return this.#streams.find(taskStream(taskId))?.isSettled ?? true;
  }

  /** Nothing more will be appended: flushes, closes the file, and announces the stream only until the peer has it all. */
  async finishTaskJournal(taskId: string): Promise<void> {
    const state = this.#streams.find(taskStream(taskId));
    if (!state?.writer) return;
    await state.writer.flush();
    state.isFinished = true;
    await this.#closeWriter(state);
    this.#streams.saveSoon(state);
  }

  streams(): readonly StreamEnd[] {
    return this.#streams.announced().map(endOf);
  }

  async read(stream: string, after: number, limits: ReadLimits): Promise<Segment | undefined> {
    const state = this.#streams.find(stream);
    const sealer = this.#options.sealer();
    if (!state || !sealer || state.isDamaged || after >= state.position.end) return undefined;
    try {
      const within = segmentLimits(limits);
      const lines = linesInMemory(state, after, within) ?? (await linesInFile(state, after, within, this.#files));
      const segment = sealLines(state, after + 1, lines, sealer);
      this.#streams.change(state, () => {
        state.noteBoundary(after, lines.offset);
        state.noteBoundary(segment.last, lines.offset + lines.bytes.length);
      });
      return segment;
    } catch (error) {
      // A rejection would end the link for all streams, again and again. This one is named and left behind.
      this.#giveUp(state, error);
      return undefined;
    }
  }

  acknowledge(stream: string, epoch: string, cursor: number): void {
    const state = this.#streams.find(stream);
    if (state?.epoch !== epoch || !this.#streams.change(state, () => state.acknowledge(cursor))) return;
    this.#streams.saveSoon(state);
    const next = state.isSettled ? this.#streams.takeUnannounced() : undefined;
    if (next !== undefined) this.#didAppend.fire(next);
  }

  acknowledged(stream: string): number {
    return this.#streams.find(stream)?.acked ?? 0;
  }

  renew(stream: string): StreamEnd {
    const state = this.#streams.find(stream);
    if (!state) throw new Error(`There is no stream ${stream}`);
    this.#options.logger.warn(
      { event: 'stream_renewed', stream },
      'The server knows more of a stream than this machine',
    );
    this.#streams.change(state, () => state.restart(createEpoch()));
    this.#streams.activate(state);
    // At once: after a crash the numbers must not be read in the epoch that the peer is ahead of.
    this.#streams.save(state);
    return endOf(state);
  }

  /** Flushes and closes everything. Never rejects: what could not be written is in the log of events. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const states = this.#streams.active.filter((state) => state.writer);
    await Promise.all(states.map((state) => this.#closeWriter(state)));
    for (const state of states) this.#streams.saveSoon(state);
    this.#streams.dispose();
    this.#files.dispose();
  }

  #openStream(stream: string, path: string): Promise<AnyWriter> {
    const writer = this.#streams.find(stream)?.writer;
    if (writer) return Promise.resolve(writer);
    const opening = this.#opening.get(stream) ?? this.#openWriter(stream, path);
    this.#opening.set(stream, opening);
    return opening.finally(() => this.#opening.delete(stream));
  }

  async #openWriter(stream: string, path: string): Promise<AnyWriter> {
    const state = this.#streams.findOrCreate(stream, path);
    const file = await this.#openFile(path, 'append');
    try {
      this.#adopt(state, await recoverJournal(file, state.position));
      state.isFinished = false;
      this.#streams.save(state);
    } catch (error) {
      await file.close();
      throw error;
    }
    state.writer = new JournalWriter({
      stream,
      file,
      start: state.position,
      clock: this.#options.clock,
      onDidFlush: () => this.#didFlush(state),
      onDidChangeHealth: (problem) => this.#setProblem(stream, problem),
    });
    this.#streams.activate(state);
    return state.writer;
  }

  /** Its engine died. Whoever goes on with the task opens the journal again; otherwise it only has to be sent. */
  async #closeAfterCrash(state: StreamState): Promise<void> {
    try {
      if (existsSync(state.path)) {
        const file = await this.#openFile(state.path, 'append');
        this.#adopt(state, await recoverJournal(file, state.position).finally(() => file.close()));
      } else {
        this.#adopt(state, { ...JOURNAL_START, isDamaged: true, removedBytes: 0 });
      }
      state.isFinished = true;
      this.#streams.save(state);
    } catch (error) {
      this.#giveUp(state, error);
    }
  }

  #adopt(state: StreamState, recovered: RecoveredJournal): void {
    const { isDamaged, removedBytes, end, endOffset, rawOffset } = recovered;
    const isBehindPeer = end < state.acked;
    this.#streams.change(state, () => {
      state.position = { end, endOffset, rawOffset };
      state.isDamaged = false;
      if (isDamaged || isBehindPeer) state.restart(createEpoch());
    });
    if (removedBytes === 0 && !isDamaged && !isBehindPeer) return;
    const fields = { event: 'journal_repaired', stream: state.stream, end, removedBytes, isDamaged };
    this.#options.logger.warn(fields, 'The end of a log was repaired');
  }

  #didFlush(state: StreamState): void {
    const { writer } = state;
    if (!writer) return;
    this.#streams.change(state, () => {
      state.position = writer.durable;
    });
    this.#streams.saveSoon(state);
    this.#didAppend.fire(state.stream);
  }

  async #closeWriter(state: StreamState): Promise<void> {
    try {
      await state.writer?.close();
    } catch (error) {
      const fields = { event: 'journal_close_failed', stream: state.stream, problem: messageOf(error) };
      this.#options.logger.error(fields, 'The last records of a log could not be written');
    }
    state.writer = undefined;
  }

  #giveUp(state: StreamState, error: unknown): void {
    this.#streams.change(state, () => {
      state.isDamaged = true;
    });
    const message = `The log of ${state.stream} cannot be read: ${messageOf(error)}`;
    this.#setProblem(state.stream, new CodedError('journal_unreadable', message, { cause: error }));
  }

  #setProblem(stream: string, problem: CodedError | undefined): void {
    if (problem) {
      this.#problems.set(stream, problem);
      const fields = { event: 'journal_failed', stream, code: problem.code, problem: problem.message };
      this.#options.logger.error(fields, 'A log cannot be used');
    } else if (this.#problems.delete(stream)) {
      this.#options.logger.info({ event: 'journal_recovered', stream }, 'A log works again');
    }
    this.#didChangeHealth.fire(this.#problems);
  }
}

function endOf(state: StreamState): StreamEnd {
  return { stream: state.stream, epoch: state.epoch, end: state.position.end };
}
