/** Keeps several tasks of different kinds going, cancels those that never end, and goes on while everything breaks. */
import type { Browser, SentByBrowser } from './browser.ts';
import type { SeededRandom } from './random.ts';

const ACTIVE = 5;
const TICK_MS = 50;

const KINDS = ['small', 'small', 'small', 'paced', 'paced', 'flat', 'endless', 'asking', 'asking'] as const;

export class Workload {
  readonly #browser: Browser;
  readonly #random: SeededRandom;
  /** Endless tasks and when to cancel them. */
  readonly #cancelAtMs = new Map<SentByBrowser, number>();
  readonly #cancels = new Map<SentByBrowser, SentByBrowser>();
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(browser: Browser, random: SeededRandom) {
    this.#browser = browser;
    this.#random = random;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** No new tasks but one last small one; what never ends is cancelled. */
  close(): SentByBrowser {
    this.#isClosing = true;
    return this.#browser.launch('command', 'small');
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { tasks, ended } = this.#browser;
    if (!this.#isClosing && tasks.size - ended.size < ACTIVE) this.#launch();
    for (const [launch, atMs] of this.#cancelAtMs)
      if (this.#isClosing || performance.now() > atMs) this.#cancel(launch);
  }

  #launch(): void {
    const waiting = this.#browser.commands.filter((command) => command.what === 'launch' && this.#isPending(command));
    if (waiting.length >= ACTIVE) return;
    const kind = this.#random.pick(KINDS);
    const launch = kind === 'asking' ? this.#browser.launch(kind) : this.#browser.launch('command', kind);
    if (kind === 'endless') this.#cancelAtMs.set(launch, performance.now() + this.#random.between(300, 3_000));
  }

  /** Asked again where the page was killed before the server had the first. */
  #cancel(launch: SentByBrowser): void {
    const { taskId } = launch;
    const before = this.#cancels.get(launch);
    if (taskId === undefined || this.#browser.ended.has(taskId)) return;
    if (before && !this.#browser.isForgotten(before) && before.outcome?.outcome !== 'rejected') return;
    this.#cancels.set(launch, this.#browser.cancel(taskId));
  }

  #isPending(command: SentByBrowser): boolean {
    return !command.isAccepted && command.outcome === undefined && !this.#browser.isForgotten(command);
  }
}
