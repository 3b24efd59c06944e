import path from 'node:path';

/** Marks every process of a task: agents' shell tools leave the process group but inherit the environment. */
export const TASK_MARKER = 'CTRLNODE_TASK';
const RUN_MARKER = 'CTRLNODE_RUN';
/** The same for all processes of all tasks of one bridge, and for no other's. */
export const BRIDGE_MARKER = 'CTRLNODE_BRIDGE';

/**
 * Never handed on. `CTRLNODE_*` may hold the bridge's own secrets. The others tell an agent that it runs inside another
 * agent or inside our host, and it would then behave differently (refuse, skip its sandbox, start as plain Node).
 */
const WITHHELD = [
  /^CTRLNODE_/,
  /^CLAUDECODE$/,
  /^CLAUDE_CODE_(?:ENTRYPOINT|SSE_PORT|SESSION_ID|CHILD_SESSION)$/,
  /^CODEX_.*SANDBOX/,
  /^(?:GEMINI_CLI|OPENCODE|COPILOT_CLI|CURSOR_AGENT|AI_AGENT|AGENT)$/,
  /^ELECTRON_/,
  // Set by `npm start` and the like for their own child; `npm_config_prefix` breaks version managers.
  /^npm_/,
  /^INIT_CWD$/,
];

export type Environment = Readonly<Record<string, string>>;

/** The user's environment without what is ours. */
export function withoutOurs(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !WITHHELD.some((pattern) => pattern.test(name))) kept[name] = value;
  }
  return kept;
}

export interface TaskEnvironmentOptions {
  readonly base: Environment;
  /** The login shell's PATH. */
  readonly path: string;
  readonly extra: Environment;
  readonly taskId: string;
  readonly runId: string;
  /** Undefined where nothing looks for it. */
  readonly bridgeId: string | undefined;
}

/** What a task's process gets. The markers come last, so that nothing can replace them. */
export function environmentOfTask(options: TaskEnvironmentOptions): Record<string, string> {
  const { base, extra, taskId, runId, bridgeId } = options;
  return {
    ...withoutOurs(base),
    PATH: options.path,
    ...extra,
    [TASK_MARKER]: taskId,
    [RUN_MARKER]: runId,
    ...(bridgeId !== undefined && { [BRIDGE_MARKER]: bridgeId }),
  };
}

/** PATH, which Windows spells in any case. */
export function pathOf(environment: Environment): string {
  return Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
}

/** The entries of `first`, then those of `second` that it lacks. */
export function mergePaths(first: string, second: string): string {
  const entries = [...first.split(path.delimiter), ...second.split(path.delimiter)];
  return [...new Set(entries.filter((entry) => path.isAbsolute(entry)))].join(path.delimiter);
}
