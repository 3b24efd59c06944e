import type { Random } from '../../../src/base/backoff.ts';
import { Channel } from '../../../src/channel/channel.ts';
import type { Segment } from '../../../src/channel/ports.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';
import { type End, type Faults, FaultyLink, NO_FAULTS } from './faulty-link.ts';
import { MemoryCursors } from './memory-cursors.ts';
import { MemoryLog } from './memory-log.ts';
import { bodyOf, recordsIn } from './records-body.ts';

export interface Machine {
  readonly log: MemoryLog;
  readonly cursors: MemoryCursors;
  channel: Channel | undefined;
  /** One for each flush. */
  readonly backups: ReturnType<MemoryLog['backUp']>[];
  /** Set back to a backup and not through a handshake since; it must not grow (see SegmentLog). */
  isRestored: boolean;
}

/** What happened in all runs together, so that a test can show that it met what it claims to survive. */
export interface Tally {
  [event: string]: number;
}

/** Two machines with durable stores, the processes and links that come and go between them, and what must stay true. */
export class World {
  readonly clock = new VirtualClock();
  readonly violations: string[] = [];
  readonly a: Machine;
  readonly b: Machine;
  faults: Faults = NO_FAULTS;
  readonly #random: Random;
  readonly #tally: Tally;
  #link: FaultyLink | undefined;
  #epochs = 0;
  #records = 0;

  constructor(random: Random, tally: Tally) {
    this.#random = random;
    this.#tally = tally;
    this.a = this.#createMachine('a');
    this.b = this.#createMachine('b');
  }

  machine(end: End): Machine {
    return end === 'a' ? this.a : this.b;
  }

  append(end: End, stream: string, count: number): void {
    const machine = this.machine(end);
    if (machine.isRestored) return;
    const records = Array.from({ length: count }, () => `${end}/${stream}#${++this.#records}`);
    machine.log.append(stream, records);
  }

  finish(end: End, stream: string): void {
    const { log, isRestored } = this.machine(end);
    if (isRestored) return;
    // No log ends before its last record is durable.
    this.flush(end);
    log.finish(stream);
  }

  /** The owner of a log gives a stream a new epoch by itself, and closes the link as it must. */
  renew(end: End, stream: string): void {
    const { log, channel } = this.machine(end);
    if (!log.state(stream)) return;
    log.renew(stream);
    channel?.goodbye('renewed');
  }

  /** A new link; whatever there was is superseded. Both processes run afterwards. */
  connect(): void {
    this.a.channel?.dispose();
    this.b.channel?.dispose();
    const link = new FaultyLink({
      clock: this.clock,
      random: this.#random,
      faults: () => this.faults,
      onSend: (end, text) => this.#checkFrame(end, text),
    });
    this.#link = link;
    this.a.channel = this.#createChannel('a', link);
    this.b.channel = this.#createChannel('b', link);
    this.b.channel.start();
    this.a.channel.start();
  }

  cut(...told: End[]): void {
    this.#count('cuts');
    this.#link?.cut(...told);
  }

  /** Kills the process of one side: what was not durable is gone, a running commit may or may not have landed. */
  crash(end: End, doesCommitLand: boolean): void {
    this.#count('crashes');
    const machine = this.machine(end);
    this.#link?.cut(...(this.#random() < 0.5 ? [otherEnd(end)] : []));
    machine.channel?.dispose();
    machine.channel = undefined;
    machine.cursors.crash(doesCommitLand);
    machine.log.crash();
  }

  flush(end: End): void {
    const { log, backups } = this.machine(end);
    backups.push(log.backUp());
    log.flush();
  }

  /** Sets the log of one side back to how it was that many flushes ago. */
  restore(end: End, age: number): void {
    const machine = this.machine(end);
    const backup = machine.backups.at(-1 - age);
    if (!backup) return;
    this.#count('restores');
    this.crash(end, true);
    machine.log.restore(backup);
    machine.backups.length -= age + 1;
    machine.isRestored = true;
  }

  /** With all faults over, gives the two time to agree. False if they do not. */
  async converge(limitMs: number): Promise<boolean> {
    this.faults = NO_FAULTS;
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 500) {
      for (const end of ['a', 'b'] as const) if (!this.machine(end).isRestored) this.machine(end).log.flush();
      if (this.#isAgreed()) return true;
      if (!this.a.channel?.isOpen && waitedMs % 5_000 === 0) this.connect();
      await this.clock.advance(500);
    }
    return this.#isAgreed();
  }

  async end(): Promise<void> {
    this.a.channel?.dispose();
    this.b.channel?.dispose();
    await settle();
  }

  describe(): string {
    const lines = (['a', 'b'] as const).flatMap((end) =>
      this.machine(end)
        .log.names()
        .map((name) => {
          const state = this.machine(end).log.state(name);
          const there = this.machine(otherEnd(end)).cursors;
          return `${end} ${name} ${state?.epoch} ${state?.durable}/${state?.records.length} acknowledged ${state?.acknowledged}, peer has ${there.cursor(name, state?.epoch ?? '')}`;
        }),
    );
    return [...this.violations, ...lines].join('\n');
  }

  #isAgreed(): boolean {
    return (['a', 'b'] as const).every((end) => {
      const { log } = this.machine(end);
      const there = this.machine(otherEnd(end)).cursors;
      return log.names().every((name) => {
        const state = log.state(name);
        if (!state || state.records.length === 0) return true;
        const isAcknowledged = state.acknowledged === state.records.length;
        return isAcknowledged && JSON.stringify(there.records(name)) === JSON.stringify(state.records);
      });
    });
  }

  #createMachine(end: End): Machine {
    const { clock } = this;
    const newEpoch = () => `epoch${String(++this.#epochs).padStart(4, '0')}`;
    const readDelayMs = () => Math.floor(this.#random() * 8);
    const recordsPerRead = () => 1 + Math.floor(this.#random() * 6);
    const onApply = (segment: Segment, cursor: number) => this.#checkApply(end, segment, cursor);
    const onForesee = (segment: Segment) => this.#checkForeseen(end, segment);
    const delays = { delayMs: () => this.#upTo(20), gatherMs: () => this.#upTo(3) };
    return {
      log: new MemoryLog({ clock, newEpoch, readDelayMs, recordsPerRead }),
      cursors: new MemoryCursors({ clock, ...delays, onApply, onForesee }),
      channel: undefined,
      backups: [],
      isRestored: false,
    };
  }

  #createChannel(end: End, link: FaultyLink): Channel {
    const machine = this.machine(end);
    const { log, cursors } = machine;
    const role = end === 'a' ? 'dialler' : 'accepter';
    const onLog = (event: string) => this.#count(event);
    const channel = new Channel({ role, transport: link.transport(end), clock: this.clock, log, cursors, onLog });
    link.attach(end, channel);
    channel.onDidOpen(() => {
      machine.isRestored = false;
    });
    channel.onDidClose(({ code }) => this.#count(`close ${code}`));
    return channel;
  }

  #upTo(ms: number): number {
    return Math.floor(this.#random() * ms);
  }

  /** Nothing twice, nothing skipped, and in the sender's current epoch exactly what the sender wrote. */
  #checkApply(end: End, segment: Segment, cursor: number): void {
    this.#count('applied');
    const { stream, epoch, first, last } = segment;
    if (first !== cursor + 1) this.violations.push(`${stream} ${epoch}: ${first}..${last} applied at ${cursor}`);
    this.#checkWritten(end, segment);
  }

  /** A reader that believes it must never have to take it back. */
  #checkForeseen(end: End, segment: Segment): void {
    this.#count('foreseen');
    this.#checkWritten(end, segment);
  }

  #checkWritten(end: End, { stream, epoch, first, last, body }: Segment): void {
    const { log, isRestored } = this.machine(otherEnd(end));
    const state = log.state(stream);
    // A commit of the time before the sender's log was set back says nothing about the log as it is now.
    if (state?.epoch !== epoch || isRestored) return;
    const written = state.records.slice(first - 1, last);
    const isAsWritten = body === bodyOf(written) && last <= state.durable;
    if (!isAsWritten) this.violations.push(`${stream} ${epoch}: ${recordsIn(body)} is not ${written}`);
  }

  #checkFrame(end: End, text: string): void {
    const frame = JSON.parse(text);
    this.#count(`sent ${frame.type}`);
    if (frame.type !== 'ack') return;
    const durable = this.machine(end).cursors.cursor(frame.stream, frame.epoch);
    if (frame.cursor > durable)
      this.violations.push(`${frame.stream} acknowledged ${frame.cursor}, durable ${durable}`);
  }

  #count(event: string): void {
    this.#tally[event] = (this.#tally[event] ?? 0) + 1;
  }
}

function otherEnd(end: End): End {
  return end === 'a' ? 'b' : 'a';
}
