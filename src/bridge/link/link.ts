/**
 * Keeps one link to the control plane: dials, hands the socket to a Channel, and decides when to try again. At most one
 * attempt is current, recognised by identity: whatever a stale one still does has no effect. What the link carries
 * lives in the stores, so an attempt may be dropped at any moment.
 */
import { assertNever } from '../../base/assert-never.ts';
import { Backoff, type Random } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, toDisposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import type { CursorStore, SegmentLog } from '../../channel/ports.ts';
import type { Connection } from '../../protocol/ui/snapshot.ts';
import type { Heartbeat } from '../../protocol/wire/frames.ts';
import type { Logger } from '../ports.ts';
import type { Dial, LinkTarget } from './dial.ts';
import { type AttemptEnd, LinkAttempt } from './link-attempt.ts';
import { AUTH_RETRY_MS, judgeClose, judgeFailure, SUPERSEDED_RETRY_MS, type Verdict } from './retry-policy.ts';

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** An outage is not made longer by more than this share of it, or by a second: most are short. */
const OUTAGE_SHARE = 1 / 3;
const SHORT_WAIT_MS = 1_000;
/** A link that lived this long was a good one: the next outage begins with short delays again. */
const GOOD_LINK_MS = 5_000;
/** Network changes come in bursts; a dial that has only just begun is left alone. */
const FRESH_DIAL_MS = 2_000;
const STOP_DEADLINE_MS = 2_000;
/** setTimeout fires at once for anything longer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface LinkOptions {
  readonly log: SegmentLog;
  readonly cursors: CursorStore;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** For the heartbeat. */
  readonly queueDepth: () => Heartbeat['queueDepth'];
  readonly load: () => number;
}

type State =
  | { readonly kind: 'unpaired' }
  | { readonly kind: 'paused'; readonly since: number; readonly until: number | null }
  | { readonly kind: 'connecting'; readonly since: number; readonly attempt: LinkAttempt }
  | { readonly kind: 'online'; readonly since: number; readonly attempt: LinkAttempt }
  | { readonly kind: 'offline'; readonly since: number; readonly verdict: Verdict; readonly nextAttemptAt: number }
  | { readonly kind: 'stopped'; readonly problem?: string };

export class Link implements Disposable {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #didChange = new Emitter<Connection>();
  #state: State = { kind: 'unpaired' };
  #target: LinkTarget | undefined;
  /** When the outage began that lasts now, or lasted until the link that lives now. Monotonic. */
  #lostMs: number | undefined;
  #timer: Disposable = toDisposable(() => {});
  #isEnded = false;

  /** After every change of state and every measured round trip. */
  readonly onDidChange = this.#didChange.event;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS, random: options.random });
  }

  get connection(): Connection {
    const state = this.#state;
    switch (state.kind) {
      case 'unpaired':
        return { state: 'unpaired' };
      case 'paused':
        return { state: 'paused', since: state.since, until: state.until };
      case 'connecting':
        return { state: 'connecting', since: state.since };
      case 'online': {
        const { rttMs, lastAnswerAt } = state.attempt;
        return { state: 'online', since: state.since, rttMs, lastAnswerAt: lastAnswerAt ?? state.since };
      }
      case 'offline': {
        const { since, verdict, nextAttemptAt } = state;
        return { state: 'offline', since, problem: verdict.problem, nextAttemptAt };
      }
      case 'stopped':
        return { state: 'stopped', ...(state.problem !== undefined && { problem: state.problem }) };
      default:
        return assertNever(state, 'state');
    }
  }

  /** Where to dial; undefined while unpaired. Ends what is going on and dials at once, unless paused. */
  setTarget(target: LinkTarget | undefined): void {
    if (this.#isEnded) return;
    this.#target = target;
    this.#startAfresh();
    if (target !== undefined && this.#state.kind === 'paused') return;
    this.#leave('the pairing changed');
    if (target) this.#dial();
    else this.#enter({ kind: 'unpaired' });
  }

  /** Closes the link and stays away until `untilMs` (wall time), or until `resume` if null. */
  pause(untilMs: number | null): void {
    if (this.#isEnded) return;
    this.#leave('paused by the user');
    this.#enter({ kind: 'paused', since: this.#options.clock.now(), until: untilMs });
    if (untilMs !== null) this.#resumeAt(untilMs);
  }

  resume(): void {
    if (this.#state.kind !== 'paused') return;
    this.#startAfresh();
    this.#leave('resumed');
    if (this.#target) this.#dial();
    else this.#enter({ kind: 'unpaired' });
  }

  /** The machine woke up: an open link is asked for a sign of life, otherwise it is dialled at once. */
  wake(): void {
    this.#hurry('held ones wait');
  }

  networkChanged(): void {
    this.#hurry('held ones wait');
  }

  /** The user's click. */
  retryNow(): void {
    this.#hurry('held ones too');
  }

  /** Says goodbye and ends for good. Resolves once the socket is closed and no commit is running, within 2 s. */
  async stop(): Promise<void> {
    const attempt = this.#attempt();
    this.dispose();
    await attempt?.settled(STOP_DEADLINE_MS);
  }

  dispose(): void {
    if (this.#isEnded) return;
    this.#leave('the bridge stops');
    this.#isEnded = true;
    this.#enter({ kind: 'stopped' });
  }

  #attempt(): LinkAttempt | undefined {
    return this.#state.kind === 'connecting' || this.#state.kind === 'online' ? this.#state.attempt : undefined;
  }

  #hurry(which: 'held ones wait' | 'held ones too'): void {
    const state = this.#state;
    switch (state.kind) {
      case 'online':
        state.attempt.probe();
        break;
      case 'connecting':
        if (state.attempt.ageMs > FRESH_DIAL_MS) this.#dialAgain();
        break;
      case 'offline':
        if (state.verdict.retry !== 'held' || which === 'held ones too') this.#dialAgain();
        break;
      case 'paused':
        // Timers stand still while the machine sleeps; the wall clock did not.
        if (state.until !== null) this.#resumeAt(state.until);
        break;
      case 'unpaired':
      case 'stopped':
        break;
      default:
        assertNever(state, 'state');
    }
  }

  #dialAgain(): void {
    this.#startAfresh();
    this.#leave('dialling again');
    this.#dial();
  }

  #dial(): void {
    if (!this.#target) return;
    const attempt = new LinkAttempt({
      ...this.#options,
      target: this.#target,
      onOpen: () => this.#didOpen(attempt),
      onEnd: (end) => this.#didEnd(attempt, end),
      onRoundTrip: () => this.#attempt() === attempt && this.#didChange.fire(this.connection),
    });
    this.#enter({ kind: 'connecting', since: this.#options.clock.now(), attempt });
    drop(attempt.run(), (error) =>
      this.#options.logger.error({ event: 'link_attempt_failed', problem: messageOf(error) }, 'A dial failed badly'),
    );
  }

  #didOpen(attempt: LinkAttempt): void {
    if (this.#attempt() !== attempt) return;
    this.#options.logger.info({ event: 'link_online' }, 'Connected to the control plane');
    this.#enter({ kind: 'online', since: this.#options.clock.now(), attempt });
  }

  #didEnd(attempt: LinkAttempt, end: AttemptEnd): void {
    if (this.#attempt() !== attempt) return;
    if (attempt.openMs >= GOOD_LINK_MS) this.#startAfresh();
    const verdict = end.kind === 'failed' ? judgeFailure(end.failure) : judgeClose(end.code, end.reason);
    const facts = end.kind === 'failed' ? { failure: end.failure.kind } : { code: end.code };
    this.#options.logger.warn({ event: 'link_offline', retry: verdict.retry, ...facts }, verdict.problem);
    if (verdict.retry === 'never') this.#enter({ kind: 'stopped', problem: verdict.problem });
    else this.#waitFor(verdict);
  }

  #waitFor(verdict: Verdict): void {
    const { clock } = this.#options;
    const delayMs = this.#delayOf(verdict);
    const since = clock.now();
    this.#enter({ kind: 'offline', since, verdict, nextAttemptAt: since + delayMs });
    this.#timer = clock.setTimeout(() => this.#dial(), delayMs);
  }

  #delayOf({ retry }: Verdict): number {
    if (retry === 'held') return SUPERSEDED_RETRY_MS;
    if (retry === 'auth') return AUTH_RETRY_MS;
    const nowMs = this.#options.clock.monotonicMs();
    this.#lostMs ??= nowMs;
    return this.#backoff.nextDelayMs(Math.max(SHORT_WAIT_MS, (nowMs - this.#lostMs) * OUTAGE_SHARE));
  }

  #startAfresh(): void {
    this.#backoff.reset();
    this.#lostMs = undefined;
  }

  #resumeAt(untilMs: number): void {
    const { clock } = this.#options;
    const leftMs = untilMs - clock.now();
    this.#timer.dispose();
    if (leftMs <= 0) this.resume();
    else this.#timer = clock.setTimeout(() => this.#resumeAt(untilMs), Math.min(leftMs, TIMER_MAX_MS));
  }

  /** Ends whatever the current state holds. Call `#enter` or `#dial` next. */
  #leave(reason: string): void {
    const attempt = this.#attempt();
    this.#timer.dispose();
    // Stale from here on, so that its close is not taken for an outage.
    this.#state = { kind: 'unpaired' };
    attempt?.end(reason);
  }

  #enter(state: State): void {
    this.#timer.dispose();
    this.#state = state;
    this.#didChange.fire(this.connection);
  }
}
