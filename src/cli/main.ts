/** The command `ctrlnode`: reads arguments, builds the graph, sets the exit code. Nothing else touches `process`. */
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { type DataDir, resolveDataDir } from '../bridge/host/data-dir.ts';
import { version } from '../protocol/version.ts';
import { answerApproval, listApprovals } from './approval-commands.ts';
import { bridgePause, bridgeResume, bridgeStatus } from './bridge-commands.ts';
import { parsePort } from './host-process.ts';
import { KEEP_DAYS, KEEP_DEFAULTS, KEEP_GIGABYTES, type KeepOutput, parseAmount } from './keep-output.ts';
import { LocalClient } from './local-client.ts';
import { parseAge } from './parse-age.ts';
import { sayToTask } from './say-command.ts';
import { listTasks, printLogs } from './task-commands.ts';

const DEFAULT_PORT = 7717;
const DATA_OPTION = ['--data <dir>', 'folder for all data (default: the system folder for application data)'] as const;

const COMMANDS_HELP = `
The bridge of this machine:
  bridge run                  run it in the foreground, without a window
  bridge pair <link>          pair it with a control plane
  bridge status [--json]      connection, queue, providers, workspaces
  bridge pause [--for <min>]  go offline for a while
  bridge resume               go online again
  service install             run it from login on, without a window
  service uninstall | status  stop and remove it; say how it is

Its tasks:
  tasks [--json]              list them, newest first
  tasks clean [--dry-run]     remove the files of ended ones, by age and size
  logs <task> [--follow]      print what one did
  say <task> <text…>          say more to its agent; an ended task goes on

Questions of its agents:
  approvals [--json]          list what waits for an answer, oldest first
  approve <id>, deny <id>     answer one
  audit [--verify]            what was asked of this machine and what became of it

Each command takes --data <dir>. "ctrlnode help <command>" says more.`;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function createProgram(): Command {
  const program = new Command('ctrlnode')
    .description('Run AI coding agents on your own machines from anywhere, without opening a port.')
    .version(version)
    .exitOverride()
    .addHelpText('after', COMMANDS_HELP)
    .showHelpAfterError('Run "ctrlnode --help" to see what there is.');
  addUp(program);
  addControlPlane(program);
  addBridge(program);
  addTasks(program);
  addApprovals(program);
  addAudit(program);
  addService(program);
  return program;
}

interface UpCommandOptions extends LocalOptions {
  readonly port: string;
  readonly open: boolean;
  readonly json?: boolean;
  readonly workspace?: string[];
  /** Neither of the two options was given if it is undefined. */
  readonly tray?: boolean;
}

function addUp(program: Command): void {
  program
    .command('up')
    .description('start a control plane and a bridge on this machine, pair them, and open the web app')
    .option(...DATA_OPTION)
    .option('--port <port>', 'port on 127.0.0.1; 0 takes any free one', String(DEFAULT_PORT))
    .option('--no-open', 'do not open the browser')
    .option('--workspace <name=path...>', 'a folder that tasks may work in')
    .option('--tray', 'run the bridge in the tray app, and end where that cannot be (default: where it can be)')
    .option('--no-tray', 'run the bridge without a window')
    .option('--json', 'print one JSON line when ready, and nothing else')
    .option(...KEEP_DAYS, parseAmount, KEEP_DEFAULTS.days)
    .option(...KEEP_GIGABYTES, parseAmount, KEEP_DEFAULTS.gigabytes)
    .action(async (options: UpCommandOptions & KeepFlags) => {
      const { runUp } = await import('./up/up.ts');
      const wish = options.tray ? 'always' : 'never';
      await runUp({
        tray: options.tray === undefined ? 'auto' : wish,
        dataDir: resolveDataDir(options.data),
        port: parsePort(options.port),
        opensBrowser: options.open,
        format: options.json ? 'json' : 'text',
        workspaces: options.workspace ?? [],
        keepOutput: keepOutputOf(options),
      });
    });
  program
    .command('link')
    .description('print one more one-time link to the web app, for another browser or phone')
    .option(...DATA_OPTION)
    .action(async (options: { data?: string }) => {
      const { printDeviceLink } = await import('./up/link-command.ts');
      await printDeviceLink(resolveDataDir(options.data), print);
    });
}

function addControlPlane(program: Command): void {
  program
    .command('control-plane')
    .description('run the control plane alone')
    .option(...DATA_OPTION)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes any free one', String(DEFAULT_PORT))
    .option('--allow-host <name...>', 'a name that it is reached by, such as that of the proxy before it')
    .option(...KEEP_DAYS, parseAmount, KEEP_DEFAULTS.days)
    .option(...KEEP_GIGABYTES, parseAmount, KEEP_DEFAULTS.gigabytes)
    .action(async (options: KeepFlags & { data?: string; host: string; port: string; allowHost?: string[] }) => {
      const { runControlPlane } = await import('./control-plane-command.ts');
      await runControlPlane({
        dataDir: resolveDataDir(options.data),
        host: options.host,
        port: parsePort(options.port),
        allowedHosts: options.allowHost ?? [],
        keepOutput: keepOutputOf(options),
      });
    });
}

function addBridge(program: Command): void {
  const bridge = program.command('bridge').description('run the bridge of this machine, or talk to the running one');
  bridge
    .command('run')
    .description('run the bridge in the foreground, without a window')
    .option(...DATA_OPTION)
    .option('--server <url>', 'where the paired control plane is now, if its address changed')
    .option('--name <name>', 'how people see this machine')
    .option('--workspace <name=path...>', 'a folder that tasks may work in, besides those in the configuration')
    .option('--tasks-at-once <n>', 'how many tasks may run at the same time', parseCount)
    .action(
      async (options: {
        data?: string;
        server?: string;
        name?: string;
        workspace?: string[];
        tasksAtOnce?: number;
      }) => {
        const { data, workspace, ...rest } = options;
        const dataDir = resolveDataDir(data);
        keepCompiledCode(dataDir);
        const { runBridge } = await import('./bridge-run-command.ts');
        await runBridge({ dataDir, workspaces: workspace ?? [], ...rest });
      },
    );
  local(bridge.command('status').description('show connection, queue, providers and workspaces'))
    .option('--json', 'print JSON')
    .action((options: LocalOptions & { json?: boolean }) =>
      bridgeStatus(clientOf(options), options.json ? 'json' : 'text', print),
    );
  local(
    bridge.command('pair').argument('<link>', 'the one-time link from the web app').description('pair this machine'),
  ).action(async (link: string, options: LocalOptions) => {
    const { bridgePair } = await import('./pair-command.ts');
    await bridgePair(resolveDataDir(options.data), link, print);
  });
  local(bridge.command('pause').description('go offline: running tasks go on, new ones wait'))
    .option('--for <minutes>', 'resume by itself after this many minutes', parseCount)
    .action((options: LocalOptions & { for?: number }) => bridgePause(clientOf(options), options.for, print));
  local(bridge.command('resume').description('go online again')).action((options: LocalOptions) =>
    bridgeResume(clientOf(options), print),
  );
}

// Found again by the next start, which is then a third shorter. In a folder of this user's own, never the system's for
// temporary files: whoever can write there decides what runs here. Without it (a full disk) the start is only slower.
function keepCompiledCode({ bridge }: DataDir): void {
  enableCompileCache(path.join(bridge, 'code-cache'));
}

function addTasks(program: Command): void {
  const tasks = local(program.command('tasks').description('list the tasks of this machine, newest first'))
    .option('--json', 'print JSON')
    .action((options: LocalOptions & { json?: boolean }) =>
      listTasks(clientOf(options), options.json ? 'json' : 'text', print),
    );
  tasks
    .command('clean')
    .description('remove the files of ended tasks that are older, or hold more, than the configuration allows')
    .option('--older-than <age>', 'instead, of all that ended longer ago, such as 30d, 12h or 2w', parseAge)
    .option('--dry-run', 'only say what would go')
    .option(...DATA_OPTION)
    .option('--json', 'print JSON')
    .action(async (_: unknown, command: Command) => {
      // Both commands have these options, and the outer one takes them.
      const options = command.optsWithGlobals<LocalOptions & CleanFlags>();
      const { cleanTasks } = await import('./clean-command.ts');
      const mode = options.dryRun ? 'look' : 'remove';
      const format = options.json ? 'json' : 'text';
      await cleanTasks(clientOf(options), { mode, olderThanMs: options.olderThan, format }, print);
    });
  local(program.command('logs').argument('<task>', 'task id').description('print what a task did'))
    .option('-f, --follow', 'go on printing until the task has ended and nothing more was said to it')
    .option('--json', 'print the records as JSON lines')
    .action(async (taskId: string, options: LocalOptions & { follow?: boolean; json?: boolean }) => {
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      const format = { follow: options.follow ?? false, json: options.json ?? false };
      await printLogs(clientOf(options), taskId, format, stop.signal, (text) => process.stdout.write(text));
    });
  local(
    program
      .command('say')
      .argument('<task>', 'task id')
      .argument('<text...>', 'what to say, or - to read it from standard input')
      .description("say more to a task's agent; it is given when the agent has finished, and an ended task goes on"),
  ).action((taskId: string, words: string[], options: LocalOptions) =>
    sayToTask(clientOf(options), { taskId, words, input: process.stdin }, print),
  );
}

function addApprovals(program: Command): void {
  local(program.command('approvals').description('list the questions that wait for an answer, oldest first'))
    .option('--json', 'print JSON')
    .action((options: LocalOptions & { json?: boolean }) =>
      listApprovals(clientOf(options), options.json ? 'json' : 'text', print),
    );
  const answers = [
    { name: 'approve', decision: 'allow', description: 'allow what an agent asks for, once' },
    { name: 'deny', decision: 'deny', description: 'refuse what an agent asks for' },
  ] as const;
  for (const { name, decision, description } of answers) {
    local(
      program.command(name).argument('<id>', 'id of the question, or its beginning').description(description),
    ).action((id: string, options: LocalOptions) => answerApproval(clientOf(options), id, decision, print));
  }
}

function addAudit(program: Command): void {
  local(program.command('audit').description('print what was asked of this machine and who decided, oldest first'))
    .option('--json', 'print the lines as they stand, or the result of --verify as JSON')
    .option('--verify', 'check that no line was changed or removed, instead of printing')
    .action(async (options: LocalOptions & { json?: boolean; verify?: boolean }) => {
      const { printAudit } = await import('./audit-command.ts');
      const format = options.json ? 'json' : 'text';
      await printAudit(resolveDataDir(options.data), { format, verify: options.verify ?? false }, print);
    });
}

function addService(program: Command): void {
  const service = program.command('service').description('run the bridge from login on, without a window');
  const load = () => import('./service/service-command.ts');
  local(service.command('install').description('install and start it, for this user')).action(
    async (options: LocalOptions) => (await load()).installService(resolveDataDir(options.data), print),
  );
  local(service.command('uninstall').description('stop and remove it; its data is kept')).action(
    async (options: LocalOptions) => (await load()).uninstallService(resolveDataDir(options.data), print),
  );
  local(service.command('status').description('say whether it is installed and running'))
    .option('--json', 'print JSON')
    .action(async (options: LocalOptions & { json?: boolean }) =>
      (await load()).serviceStatus(resolveDataDir(options.data), options.json ? 'json' : 'text', print),
    );
}

interface KeepFlags {
  readonly keepDays: number;
  readonly keepGigabytes: number;
}

function keepOutputOf({ keepDays, keepGigabytes }: KeepFlags): KeepOutput {
  return { days: keepDays, gigabytes: keepGigabytes };
}

interface CleanFlags {
  readonly olderThan?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface LocalOptions {
  readonly data?: string;
}

function local(command: Command): Command {
  return command.option(...DATA_OPTION);
}

function clientOf(options: LocalOptions): LocalClient {
  return new LocalClient(resolveDataDir(options.data));
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return count;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof Error && error.name === 'AbortError') return 130;
  // One clear sentence for what a person can mend; a stack only for what is our own fault.
  process.stderr.write(
    `${error instanceof CodedError ? messageOf(error) : `Unexpected error: ${(error as Error).stack ?? error}`}\n`,
  );
  return 1;
}

// `ctrlnode logs … | head`: whoever reads has read enough.
process.stdout.on('error', (error) => {
  if (codeOf(error) === 'EPIPE') process.exit();
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
