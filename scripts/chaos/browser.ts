/** The run's side of the browser-side process: starts it, kills it, and keeps what became of each command. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { CommandOutcome } from '../../src/client/command-outcome.ts';
import { endWithParent } from '../../test/support/end-with-parent.ts';
import type { BrowserStart, FromBrowser, ToBrowser } from './browser-messages.ts';

const SCRIPT = path.join(import.meta.dirname, 'browser-process.ts');

export interface SentByBrowser {
  readonly key: number;
  readonly what: 'launch' | 'cancel';
  /** Which life of the process sent it. */
  readonly life: number;
  taskId: string | undefined;
  isAccepted: boolean;
  outcome: CommandOutcome | undefined;
}

export class Browser {
  readonly #options: Omit<BrowserStart, 'seenFolder'> & { readonly seenRoot: string };
  readonly #tasks = new Set<string>();
  #child: ChildProcess | undefined;
  #life = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Tasks whose end this life has seen, with their last state. */
  #ended = new Map<string, string>();
  readonly commands: SentByBrowser[] = [];
  /** Tasks whose end any life has seen. */
  readonly finished = new Set<string>();

  constructor(options: Omit<BrowserStart, 'seenFolder'> & { readonly seenRoot: string }) {
    this.#options = options;
  }

  get life(): number {
    return this.#life;
  }

  get tasks(): ReadonlySet<string> {
    return this.#tasks;
  }

  get ended(): ReadonlyMap<string, string> {
    return this.#ended;
  }

  async start(): Promise<void> {
    this.#life++;
    this.#ended = new Map();
    const child = fork(SCRIPT, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    endWithParent(child);
    this.#child = child;
    const isReady = once(child, 'message');
    child.on('message', (message: FromBrowser) => this.#child === child && this.#take(message));
    const { seenRoot, ...start } = this.#options;
    const seenFolder = path.join(seenRoot, String(this.#life));
    this.#tell({ type: 'start', start: { ...start, seenFolder }, follow: [...this.#tasks] });
    await isReady;
  }

  /** One after the other: each life is whole. */
  restart(afterMs: number): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.kill();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await this.start();
    });
    return this.#turn;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  launch(provider: string, program?: string): SentByBrowser {
    const sent = this.#note('launch');
    this.#tell({ type: 'launch', key: sent.key, provider, ...(program !== undefined && { program }) });
    return sent;
  }

  cancel(taskId: string): SentByBrowser {
    const sent = this.#note('cancel');
    this.#tell({ type: 'cancel', key: sent.key, taskId });
    return sent;
  }

  wake(): void {
    this.#tell({ type: 'wake' });
  }

  /** Nobody can know what became of it: the page was gone before the server had it. */
  isForgotten({ life, isAccepted }: SentByBrowser): boolean {
    return life !== this.#life && !isAccepted;
  }

  #note(what: 'launch' | 'cancel'): SentByBrowser {
    const sent: SentByBrowser = {
      key: this.commands.length,
      what,
      life: this.#life,
      taskId: undefined,
      isAccepted: false,
      outcome: undefined,
    };
    this.commands.push(sent);
    return sent;
  }

  // While it is killed, nobody sits before it.
  #tell(message: ToBrowser): void {
    if (this.#child?.connected) this.#child.send(message);
  }

  #take(message: FromBrowser): void {
    if (message.type === 'ready') return;
    if (message.type === 'ended') {
      this.#ended.set(message.taskId, message.state);
      this.finished.add(message.taskId);
      return;
    }
    const sent = this.commands[message.key];
    if (!sent) return;
    if (message.type === 'accepted') sent.isAccepted = true;
    else if (message.type === 'outcome') sent.outcome = message.outcome;
    else {
      sent.taskId = message.taskId;
      this.#tasks.add(message.taskId);
    }
  }
}
