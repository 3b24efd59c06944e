import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { SupervisedProcess } from './supervisor/process.ts';

export interface AnswerDeadlineOptions {
  /** The agent as people know it. */
  readonly name: string;
  readonly process: SupervisedProcess;
  readonly clock: Clock;
  readonly giveUp: (reason: Reason) => void;
}

const ANSWER_MS = 60_000;

/**
 * For what an agent must answer before a turn can begin. One that hangs there, or waits for a person at a terminal that
 * it does not have, would leave its task running for ever. A turn itself has no deadline here.
 */
export class AnswerDeadline {
  readonly #options: AnswerDeadlineOptions;
  #timer: Disposable | undefined;
  #isOver = false;

  constructor(options: AnswerDeadlineOptions) {
    this.#options = options;
    const end = (): void => {
      this.#isOver = true;
      this.met();
    };
    options.process.exited.then(end, end);
  }

  /** From now on, instead of what was expected before. */
  expect(what: string): void {
    this.met();
    if (this.#isOver) return;
    const { clock, giveUp, name } = this.#options;
    this.#timer = clock.setTimeout(() => giveUp({ code: 'agent_silent', message: wordsOf(name, what) }), ANSWER_MS);
  }

  met(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }
}

function wordsOf(name: string, what: string): string {
  return `${name} did not answer ${what} within ${ANSWER_MS / 1_000} s. Start it once in a terminal on that machine and see what it waits for, then launch the task again.`;
}
