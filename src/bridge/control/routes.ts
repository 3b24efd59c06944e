import { CodedError } from '../../base/errors.ts';
import {
  cleanRequestSchema,
  localAnswerSchema,
  localMessageSchema,
  pairRequestSchema,
  pauseRequestSchema,
} from '../../protocol/local/control.ts';
import type { Bridge } from '../bridge.ts';
import type { StoredTask } from '../ports.ts';
import { sentenceOfRemoval } from '../retention/removal-words.ts';
import { taskPaths } from '../tasks/task-paths.ts';
import { sendJournalLines } from './journal-lines.ts';
import type { ControlRoute } from './server.ts';

/** The calls of the local control socket (src/protocol/local/control.ts) on a running engine. */
export function controlRoutes(bridge: Bridge): readonly ControlRoute[] {
  return [
    { method: 'GET', path: '/status', handle: () => bridge.snapshot },
    {
      method: 'POST',
      path: '/pair',
      handle: async ({ body }) => ({ bridgeId: await bridge.pair(parse(pairRequestSchema, body).link) }),
    },
    {
      method: 'POST',
      path: '/pause',
      handle: async ({ body }) => {
        await bridge.pause(parse(pauseRequestSchema, body).untilMs);
        return bridge.snapshot;
      },
    },
    { method: 'POST', path: '/resume', handle: () => afterwards(bridge, () => bridge.resume()) },
    { method: 'POST', path: '/retry', handle: () => afterwards(bridge, () => bridge.retryNow()) },
    { method: 'GET', path: '/approvals', handle: () => ({ approvals: bridge.approvals.pending() }) },
    {
      method: 'POST',
      path: '/approvals/:id',
      handle: ({ params, body }) => {
        bridge.approvals.answer(params[0] ?? '', parse(localAnswerSchema, body));
        return {};
      },
    },
    { method: 'GET', path: '/tasks', handle: () => ({ tasks: bridge.taskSummaries() }) },
    {
      method: 'POST',
      path: '/tasks/clean',
      handle: ({ body }) => bridge.cleanTasks(parse(cleanRequestSchema, body)),
    },
    {
      method: 'POST',
      path: '/tasks/:id/messages',
      handle: ({ params, body }) => {
        const { taskId } = findTask(bridge, params[0] ?? '');
        return { messageId: bridge.messages.say(taskId, parse(localMessageSchema, body).text) };
      },
    },
    {
      method: 'GET',
      path: '/tasks/:id/records',
      handle: async ({ params, url, response }) => {
        const task = findTask(bridge, params[0] ?? '');
        if (task.removal) throw new CodedError('task_files_removed', sentenceOfRemoval(task.removal));
        await sendJournalLines({
          path: taskPaths(task.folder).journal,
          response,
          follow: url.searchParams.get('follow') === 'true',
          onDidAppend: bridge.onDidAppend,
          hasEnded: () => bridge.messages.hasEnded(task.taskId),
        });
        return undefined;
      },
    },
  ];
}

function afterwards(bridge: Bridge, act: () => void): object {
  act();
  return bridge.snapshot;
}

function findTask(bridge: Bridge, taskId: string): StoredTask {
  const task = bridge.findTask(taskId);
  if (task) return task;
  throw new CodedError('task_unknown', `This machine has no task ${taskId}. "ctrlnode tasks" lists them.`);
}

function parse<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  body: unknown,
): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new CodedError(
    'body_malformed',
    'The call is not understood. Is the command line of the same version as the bridge?',
  );
}
