import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import { isTerminal } from '../../protocol/task-state.ts';
import type { ApprovalPolicy, ApprovalTable, AuditTrail, Journal, Logger, MessageTable } from '../ports.ts';
import type { AgentReader, AgentRun, Provider } from '../providers/provider.ts';
import type { Exit, SupervisedProcess } from '../providers/supervisor/process.ts';
import type { Supervisor } from '../providers/supervisor/supervisor.ts';
import { TaskApprovals } from './approvals.ts';
import type { StopCause } from './ending.ts';
import type { JournalFacts } from './journal-facts.ts';
import type { JournalGate } from './journal-gate.ts';
import { MemoryLimit } from './memory-limit.ts';
import type { OutputLimits } from './output-bound.ts';
import { OutputWatcher } from './output-watcher.ts';
import { RunControl } from './run-control.ts';
import { settleLeftApprovals, whyUnanswered } from './settle-approval.ts';
import type { Ending, TaskLedger } from './task-ledger.ts';
import { TaskOutput } from './task-output.ts';
import { taskPaths } from './task-paths.ts';
import { TimeLimit } from './time-limit.ts';
import { TaskTurns, type Turn } from './turns.ts';
import type { WorkingPlace } from './working-place.ts';

export interface TaskRunOptions {
  readonly provider: Provider | undefined;
  readonly place: WorkingPlace;
  readonly ledger: TaskLedger;
  readonly journal: Journal;
  readonly gate: JournalGate;
  readonly facts: JournalFacts;
  readonly approvals: ApprovalTable;
  readonly messages: MessageTable;
  readonly approvalDeadlineMs: number;
  readonly timeLimitMs: number | undefined;
  readonly outputLimits: OutputLimits;
  readonly waitingBytes: () => number;
  readonly memoryLimitMegabytes: number | undefined;
  readonly policy?: ApprovalPolicy | undefined;
  readonly audit?: AuditTrail | undefined;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Why the task cannot begin, found while its folder was made. */
  readonly problem: Reason | null;
}

const FRESH = { isRecovered: false };

/**
 * The life of one run, from its first record to its last. It is begun once, fresh or from what a crash left, and ends by
 * itself: its promise resolves when the end is on the disk and no process of the task is left.
 */
export class TaskRun {
  readonly #options: TaskRunOptions;
  readonly #approvals: TaskApprovals;
  readonly #control: RunControl;
  readonly #timeLimit: TimeLimit;
  readonly #memoryLimit: MemoryLimit;
  readonly #turns: TaskTurns;
  #stderrOffset: number;
  #journalBytes: number;
  #isEnding = false;

  constructor(options: TaskRunOptions) {
    this.#options = options;
    const { ledger, gate, clock, provider, supervisor, logger, messages, facts, place } = options;
    this.#turns = new TaskTurns({ ledger, messages, gate, facts, clock, cwd: place.cwd });
    this.#stderrOffset = facts.stderrOffset;
    this.#journalBytes = facts.sizeBytes;
    const { taskId, launch } = ledger.task;
    const providerName = provider?.name ?? launch.provider;
    this.#control = new RunControl({ taskId, providerName, supervisor, clock, logger });
    this.#timeLimit = new TimeLimit({
      limitMs: options.timeLimitMs,
      clock,
      onExceeded: () => this.#control.stop('time'),
    });
    this.#memoryLimit = new MemoryLimit({
      taskId,
      limitMegabytes: options.memoryLimitMegabytes,
      measure: () => supervisor.memoryOf(taskId),
      clock,
      logger,
      onExceeded: (sentence) => this.#control.stop('memory', sentence),
    });
    this.#approvals = new TaskApprovals({
      taskId,
      provider: launch.provider,
      cwd: place.cwd,
      unasked: place.unasked,
      table: options.approvals,
      clock,
      deadlineMs: options.approvalDeadlineMs,
      policy: options.policy,
      audit: options.audit,
      append: (record) => gate.append(record),
      answer: (requestId, answer) => this.#control.agent?.answer(requestId, answer),
      onDidChangeOpen: (open) => this.#showWaiting(open),
    });
  }

  /** Writes the first records, unless an earlier life of the bridge did. */
  announce(): void {
    const { ledger, facts } = this.#options;
    const isTold = facts.lastState !== null && !(isTerminal(facts.lastState) && ledger.task.state === 'queued');
    if (!isTold) ledger.announce();
    this.showMessages();
  }

  /** Shows what people said since, or took back. */
  showMessages(): void {
    if (!this.#isEnding) this.#turns.show();
  }

  /** Runs a queued task to its end. */
  begin(): Promise<void> {
    return this.#toEnd(() => this.#runFresh());
  }

  /** Accounts for a task that ran when the bridge died. It goes on in its agent's session; it never begins again. */
  recover(): Promise<void> {
    return this.#toEnd(() => this.#runRecovered());
  }

  /** Before it began. */
  endQueued(): Promise<void> {
    this.#control.stop('user');
    return this.#toEnd(async () => this.#control.endingOf(null, FRESH));
  }

  stop(cause: StopCause): void {
    this.#control.stop(cause);
  }

  applyAnswers(): void {
    this.#approvals.apply();
  }

  async #toEnd(run: () => Promise<Ending>): Promise<void> {
    const { ledger, supervisor } = this.#options;
    let ending: Ending;
    try {
      ending = await run();
    } catch (error) {
      this.#control.fail(error);
      await this.#control.settled();
      await supervisor.sweep(ledger.task.taskId);
      ending = this.#control.endingOf(null, FRESH);
    } finally {
      this.#isEnding = true;
      this.#timeLimit.dispose();
      this.#memoryLimit.dispose();
      this.#control.dispose();
      this.#approvals.cancelAll(whyUnanswered(this.#control.stopCause));
      this.#approvals.dispose();
    }
    await ledger.end(ending);
  }

  async #runFresh(): Promise<Ending> {
    const { ledger, provider, problem } = this.#options;
    if (this.#control.isStopped) return this.#control.endingOf(null, FRESH);
    if (problem || !provider) return failedBy(problem ?? providerGone(ledger.task.launch.provider));
    const turn = await this.#turns.begin(await this.#logBytes());
    ledger.enter('preparing', turn.messageId);
    return this.#runTurn(provider, turn);
  }

  async #runTurn(provider: Provider, turn: Turn): Promise<Ending> {
    const { ledger, supervisor } = this.#options;
    const started = await this.#start(provider, turn);
    if (!started.ok) {
      // An adapter may fail after it started something.
      await supervisor.sweep(ledger.task.taskId);
      return this.#control.isStopped ? this.#control.endingOf(null, FRESH) : failedBy(started.error);
    }
    const agent = started.value;
    ledger.setVersion(agent.version);
    ledger.patch({ process: agent.process.identity, sessionId: agent.sessionId });
    ledger.enter('running');
    this.#timeLimit.run();
    this.#memoryLimit.run();
    this.#control.attach(agent.process, agent);
    const exit = await this.#follow(agent, agent.process);
    if (turn.sessionId !== null && this.#isSessionLost()) return this.#renew(provider, exit);
    return this.#control.endingOf(exit, FRESH);
  }

  #isSessionLost(): boolean {
    const { verdict } = this.#control;
    return verdict?.state === 'failed' && verdict.reason.code === 'session_lost';
  }

  async #renew(provider: Provider, exit: Exit | null): Promise<Ending> {
    this.#control.startOver();
    if (this.#control.isStopped) return this.#control.endingOf(exit, FRESH);
    const text = `${provider.name} has lost its session. A new one is told what was said so far.`;
    this.#options.gate.append({ type: 'notice', level: 'warning', text });
    return this.#runTurn(provider, await this.#turns.renew(await this.#logBytes()));
  }

  /** After a crash of the bridge: the agent is gone and had not said that it was done. */
  async #resume(provider: Provider): Promise<Ending | undefined> {
    if (!provider.hasSessions || !this.#control.isOpen) return undefined;
    const turn = this.#turns.resume(await this.#logBytes());
    if (!turn) return undefined;
    const text = `${provider.name} was cut off when the bridge ended unexpectedly; it goes on in the same session.`;
    this.#options.gate.append({ type: 'notice', level: 'warning', text });
    this.#control.startOver();
    return this.#runTurn(provider, turn);
  }

  // No process of the task runs when this is asked, so it is where the next one's output begins.
  async #logBytes(): Promise<number> {
    const { size } = await stat(taskPaths(this.#options.ledger.task.folder).stdout);
    return size;
  }

  async #start(provider: Provider, { prompt, sessionId, logOffset }: Turn): Promise<Result<AgentRun, Reason>> {
    const { ledger, supervisor, logger, place } = this.#options;
    const { taskId, launch, folder } = ledger.task;
    const { cwd } = place;
    const paths = taskPaths(folder);
    try {
      const ready = await this.#prepare();
      if (!ready.ok) return ready;
      return await provider.start({
        taskId,
        launch,
        paths: { folder, taskFile: paths.instructions, artifacts: paths.artifacts },
        cwd,
        prompt,
        sessionId,
        logOffset,
        logger,
        clock: this.#options.clock,
        giveUp: (reason) => this.#control.giveUp(reason),
        openLog: () => open(paths.stdout, 'a'),
        spawn: async (plan) => {
          if (this.#control.isStopped)
            return err({ code: 'spawn_failed', message: 'The task was stopped before it started.' });
          return supervisor.spawn(plan, { taskId, cwd, stdoutPath: paths.stdout, stderrPath: paths.stderr });
        },
      });
    } catch (error) {
      return err({ code: 'spawn_failed', message: `${provider.name} could not be started: ${messageOf(error)}` });
    }
  }

  async #prepare(): Promise<Result<void, Reason>> {
    const { ledger, gate, place } = this.#options;
    const { messagePosition, resumes } = ledger.task.turn;
    const turn = messagePosition === 0 && resumes === 0 ? 'first' : 'later';
    const ready = await place.prepare(turn, this.#control.stopped);
    if (!ready.ok) return ready;
    if (ready.value !== undefined) gate.append({ type: 'notice', level: 'info', text: ready.value });
    return ok(undefined);
  }

  async #runRecovered(): Promise<Ending> {
    const { ledger, provider, supervisor, gate, clock, facts, journal, approvals } = this.#options;
    const { task } = ledger;
    this.announce();
    settleLeftApprovals({
      taskId: task.taskId,
      open: facts.openApprovals,
      table: approvals,
      clock,
      audit: this.#options.audit,
      append: (record) => gate.append(record),
    });
    if (task.isCancelRequested) this.#control.stop('user');
    if (!provider) {
      await supervisor.sweep(task.taskId);
      return failedBy(providerGone(task.launch.provider));
    }
    const process = task.process ? await supervisor.adopt(task.taskId, task.process) : undefined;
    if (process) {
      const text = `The bridge was started again; it goes on following ${provider.name}.`;
      gate.append({ type: 'notice', level: 'warning', text });
      if (task.state !== 'running' || facts.lastState !== 'running') ledger.enter('running');
      this.#timeLimit.run();
      this.#memoryLimit.run();
      this.#control.attach(process);
    } else {
      await supervisor.sweep(task.taskId);
    }
    if (task.startedAt === null) ledger.patch({ startedAt: clock.now() });
    const place = { startOffset: task.turn.logOffset, accountedFor: journal.rawOffset };
    const exit = await this.#follow(provider.createReader(place), process);
    return (await this.#resume(provider)) ?? this.#control.endingOf(exit, { isRecovered: true });
  }

  /** Follows the output until the process is gone and everything that it wrote was read. */
  async #follow(reader: AgentReader, process: SupervisedProcess | undefined): Promise<Exit | null> {
    const { ledger, supervisor } = this.#options;
    const output = this.#createOutput(reader);
    const watcher = this.#createWatcher();
    try {
      if (process) {
        output.start();
        watcher.start();
      }
      const exit = (await process?.exited) ?? null;
      await this.#control.settled();
      await supervisor.sweep(ledger.task.taskId, process?.identity ?? undefined);
      await output.finish(exit);
      await watcher.finish();
      this.#stderrOffset = output.stderrOffset;
      this.#journalBytes = output.journalBytes;
      return exit;
    } finally {
      output.dispose();
      watcher.dispose();
    }
  }

  #createOutput(reader: AgentReader): TaskOutput {
    const { ledger, gate, clock, journal, outputLimits, waitingBytes } = this.#options;
    return new TaskOutput({
      paths: taskPaths(ledger.task.folder),
      reader,
      journal: gate,
      accountedFor: { stdout: journal.rawOffset, stderr: this.#stderrOffset },
      clock,
      journalBytes: this.#journalBytes,
      limits: outputLimits,
      waitingBytes,
      onTooMuch: () => this.#control.stop('output'),
      // An agent of an earlier life of the bridge cannot be answered; it denies by itself when its stdin has ended.
      onQuestion: (question, rawOffset) => this.#control.agent && this.#approvals.ask(question, rawOffset),
      onWithdrawn: (requestId) => {
        const cause = this.#control.stopCause;
        this.#approvals.withdraw(requestId, cause && whyUnanswered(cause));
      },
      onSession: (sessionId, version) => {
        ledger.setVersion(version);
        if (sessionId !== ledger.task.sessionId) ledger.patch({ sessionId });
      },
      onVerdict: (verdict) => this.#control.accept(verdict),
      onError: (error) => this.#control.fail(error),
    });
  }

  #createWatcher(): OutputWatcher {
    const { ledger, gate, clock, logger } = this.#options;
    const { taskId, folder } = ledger.task;
    return new OutputWatcher({
      folder: taskPaths(folder).output,
      taskId,
      append: (record) => gate.append(record),
      clock,
      logger,
    });
  }

  #showWaiting(open: number): void {
    if (this.#isEnding) return;
    const { ledger } = this.#options;
    const { state } = ledger.task;
    if (open > 0) this.#timeLimit.hold();
    else this.#timeLimit.run();
    if (open > 0 && state === 'running') ledger.enter('waiting');
    else if (open === 0 && state === 'waiting' && !this.#control.isStopped) ledger.enter('running');
  }
}

function failedBy(reason: Reason): Ending {
  return { state: 'failed', reason, exit: null };
}

function providerGone(id: string): Reason {
  return { code: 'provider_unknown', message: `This machine has no provider "${id}".` };
}
