import type { Disposable } from '../../base/disposal.ts';
import { drop } from '../../base/drop.ts';
import { Emitter } from '../../base/emitter.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { ApprovalBy } from '../../protocol/records/task-records.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { ApprovalAnswer, TaskLaunch, TaskPrompt } from '../../protocol/wire/commands.ts';
import type { StoredTask, TaskService } from '../ports.ts';
import type { Provider } from '../providers/provider.ts';
import { answerApproval } from './answer-approval.ts';
import { checkLaunch } from './launch-check.ts';
import { type OpenTaskOptions, openTask } from './open-task.ts';
import type { OutputLimits } from './output-bound.ts';
import { reopenTask } from './recovery.ts';
import { queuedAgain, takeMessage } from './take-message.ts';
import type { TaskRun } from './task-run.ts';
import { TaskSlots, type TaskSlotsOptions } from './task-slots.ts';

/** What the user allows tasks. */
export interface TaskBounds {
  readonly limits?: { readonly tasksAtOnce?: number; readonly tasksAtOncePerProvider?: number };
  readonly approvalDeadlineMs?: number;
  readonly timeLimitMs?: number | undefined;
  readonly outputLimits?: OutputLimits;
  readonly memoryLimitMegabytes?: number | undefined;
}

export interface TaskRunnerOptions
  extends TaskBounds,
    Omit<OpenTaskOptions, keyof TaskBounds | 'providers' | 'onDidChange' | 'waitingBytes'> {
  readonly providers: readonly Provider[];
  readonly waitingBytes?: () => number;
  /** How people call a device of the account, for telling who answered. */
  readonly deviceName?: (deviceId: string) => string | undefined;
}

const TASKS_AT_ONCE = 4;
const APPROVAL_DEADLINE_MS = 8 * 60 * 60_000;
const STOP_DEADLINE_MS = 15_000;
/** After a look at the rows that failed, as on a full disk. */
const RETRY_MS = 1_000;
const NO_OUTPUT_LIMITS: OutputLimits = {
  perTask: Number.POSITIVE_INFINITY,
  waiting: Number.POSITIVE_INFINITY,
  raw: Number.POSITIVE_INFINITY,
};

interface Entry {
  readonly task: StoredTask;
  readonly run: TaskRun;
  /** Set once it runs. */
  finished: Promise<void> | undefined;
}

/**
 * Runs tasks. Commands only change rows (inside their transaction); `wake` looks at the rows and does what they ask for.
 * So a command that was accepted holds over a crash, and looking twice changes nothing.
 */
export class TaskRunner implements TaskService {
  readonly #options: TaskRunnerOptions;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #changed = new Emitter<StoredTask>();
  readonly #entries = new Map<string, Entry>();
  readonly #slots: TaskSlots;
  #bounds: TaskBounds;
  #state: 'new' | 'started' | 'stopped' = 'new';
  #pumping: Promise<void> | undefined;
  #isWoken = false;
  #retry: Disposable | undefined;
  #isHeld = false;

  /** A row changed: state, times, process. */
  readonly onDidChange = this.#changed.event;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#providers = new Map(options.providers.map((provider) => [provider.id, provider]));
    this.#bounds = options;
    this.#slots = new TaskSlots(slotsOf(options));
  }

  /** Accounts for what an earlier life of the bridge left, then starts what is queued. */
  async start(): Promise<void> {
    const left = oldestFirst(this.#options.tasks.listUnfinished()).filter((task) => task.state !== 'queued');
    for (const task of left) {
      const run = await reopenTask(task, this.#openOptions());
      if (run) this.#run({ task, run, finished: undefined }, () => run.recover());
    }
    this.#state = 'started';
    this.wake();
  }

  /** Ends every run (`bridge_stopped`); queued tasks stay queued. Resolves when no process is left. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#retry?.dispose();
    await this.#pumping?.catch(() => undefined);
    const runs = [...this.#entries.values()].filter((entry) => entry.finished !== undefined);
    for (const { run } of runs) run.stop('bridge');
    const { clock } = this.#options;
    let timer: Disposable | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, STOP_DEADLINE_MS);
    });
    await Promise.race([Promise.all(runs.map((entry) => entry.finished)), deadline]);
    timer?.dispose();
  }

  /** While held no queued task begins; what runs goes on. Not remembered over a restart. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.wake();
  }

  /** How many run counts at once; the rest for tasks that come from now on. */
  setBounds(bounds: TaskBounds): void {
    this.#bounds = bounds;
    this.#slots.change(slotsOf(bounds));
    this.wake();
  }

  launch(launch: TaskLaunch, from: { commandId: string; deviceId: string }): Result<void, Reason> {
    const { tasks, spool, places, clock } = this.#options;
    const checked = checkLaunch(launch, { tasks, spool, providers: this.#providers, places });
    if (!checked.ok) return checked;
    tasks.put({
      taskId: launch.taskId,
      ...from,
      launch,
      folder: checked.value,
      state: 'queued',
      reason: null,
      isCancelRequested: false,
      process: null,
      sessionId: null,
      turn: { logOffset: 0, messagePosition: 0, resumes: 0 },
      createdAt: clock.now(),
      startedAt: null,
      endedAt: null,
      removal: null,
    });
    return ok(undefined);
  }

  cancel(taskId: string): Result<void, Reason> {
    const { tasks, messages } = this.#options;
    const task = tasks.get(taskId);
    if (!task) return err({ code: 'task_unknown', message: `There is no task with the id ${taskId}.` });
    const isWaitedFor = messages.waiting(task).length > 0;
    // What was said stays in the journal, also if nobody has looked at the task since.
    this.#entries.get(taskId)?.run.showMessages();
    messages.dropWaiting(task);
    if (!isTerminal(task.state)) tasks.put({ ...task, isCancelRequested: true });
    else if (!isWaitedFor) return err({ code: 'task_ended', message: 'The task has ended already.' });
    return ok(undefined);
  }

  prompt(prompt: TaskPrompt, from: { commandId: string; deviceId: string }): Result<void, Reason> {
    const { tasks, messages, clock } = this.#options;
    return takeMessage(prompt, from, { tasks, messages, clock, providers: this.#providers });
  }

  answerApproval(answer: ApprovalAnswer, by: ApprovalBy): Result<void, Reason> {
    const { approvals, clock, deviceName } = this.#options;
    return answerApproval(answer, by, { table: approvals, clock, deviceName });
  }

  /** A run has not let go of it yet. */
  isAtWork(taskId: string): boolean {
    return this.#entries.has(taskId);
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#state !== 'started' || this.#pumping !== undefined) return;
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#isWoken) this.wake();
    });
    drop(this.#pumping, (error) => {
      this.#options.logger.error({ event: 'task_pump_failed', error: messageOf(error) });
      this.#lookAgain();
    });
  }

  #lookAgain(): void {
    this.#retry?.dispose();
    if (this.#state === 'started') this.#retry = this.#options.clock.setTimeout(() => this.wake(), RETRY_MS);
  }

  async #pump(): Promise<void> {
    while (this.#isWoken && this.#state === 'started') {
      this.#isWoken = false;
      this.#requeue();
      for (const task of oldestFirst(this.#options.tasks.listUnfinished())) await this.#look(task);
      this.#startQueued();
    }
  }

  // An ended task goes on with what was said since, once its run has let go of it.
  #requeue(): void {
    const { tasks, messages } = this.#options;
    for (const taskId of messages.endedTasks()) {
      const task = tasks.get(taskId);
      if (!task || this.#entries.has(taskId)) continue;
      tasks.put(queuedAgain(task));
      this.#changed.fire(queuedAgain(task));
    }
  }

  async #look(task: StoredTask): Promise<void> {
    if (this.#state !== 'started') return;
    const entry = this.#entries.get(task.taskId);
    if (!entry) {
      if (task.state === 'queued') await this.#open(task);
    } else if (entry.finished !== undefined) {
      entry.run.applyAnswers();
      entry.run.showMessages();
      if (task.isCancelRequested) entry.run.stop('user');
    }
  }

  async #open(task: StoredTask): Promise<void> {
    const { logger } = this.#options;
    try {
      const { run } = await openTask(task, this.#openOptions());
      run.announce();
      this.#changed.fire(task);
      this.#entries.set(task.taskId, { task, run, finished: undefined });
    } catch (error) {
      logger.error({ event: 'task_open_failed', taskId: task.taskId, error: messageOf(error) });
      // Nowhere is there room for a record, so nobody could be told of an end: it stays queued, as people see it.
      this.#lookAgain();
    }
  }

  #startQueued(): void {
    for (const entry of this.#entries.values()) {
      const { task, run } = entry;
      if (entry.finished !== undefined) continue;
      if (this.#options.tasks.get(task.taskId)?.isCancelRequested) this.#run(entry, () => run.endQueued());
      else if (!this.#isHeld && this.#slots.isFree(task.launch.provider)) this.#run(entry, () => run.begin());
    }
  }

  #run(entry: Entry, begin: () => Promise<void>): void {
    const { taskId, launch } = entry.task;
    const { logger, journals } = this.#options;
    const slot = this.#slots.take(launch.provider);
    this.#entries.set(taskId, entry);
    entry.finished = begin()
      .then(() => journals.finishTaskJournal(taskId))
      .catch((error: unknown) => logger.error({ event: 'task_run_lost', taskId, error: messageOf(error) }))
      .then(() => {
        slot.dispose();
        this.#entries.delete(taskId);
        this.wake();
      });
  }

  #openOptions(): OpenTaskOptions {
    return {
      ...this.#options,
      providers: this.#providers,
      approvalDeadlineMs: this.#bounds.approvalDeadlineMs ?? APPROVAL_DEADLINE_MS,
      timeLimitMs: this.#bounds.timeLimitMs,
      outputLimits: this.#bounds.outputLimits ?? NO_OUTPUT_LIMITS,
      waitingBytes: this.#options.waitingBytes ?? (() => 0),
      memoryLimitMegabytes: this.#bounds.memoryLimitMegabytes,
      onDidChange: (task) => this.#changed.fire(task),
    };
  }
}

function slotsOf({ limits }: TaskBounds): TaskSlotsOptions {
  const tasksAtOnce = limits?.tasksAtOnce ?? TASKS_AT_ONCE;
  return { tasksAtOnce, perProvider: limits?.tasksAtOncePerProvider ?? tasksAtOnce };
}

function oldestFirst(newestFirst: readonly StoredTask[]): StoredTask[] {
  return newestFirst.toReversed();
}
