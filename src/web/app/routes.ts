/** The pages of the app and their addresses. */
export type Route =
  | { readonly page: 'tasks' }
  | { readonly page: 'task'; readonly taskId: string }
  | { readonly page: 'new-task' }
  | { readonly page: 'waiting' }
  | { readonly page: 'machines' }
  | { readonly page: 'invite'; readonly kind: 'bridge' | 'device' }
  | { readonly page: 'unknown' };

const FIXED: Readonly<Record<string, Route>> = {
  '/': { page: 'tasks' },
  '/tasks': { page: 'tasks' },
  '/tasks/new': { page: 'new-task' },
  '/waiting': { page: 'waiting' },
  '/machines': { page: 'machines' },
  '/machines/add': { page: 'invite', kind: 'bridge' },
  '/machines/add-device': { page: 'invite', kind: 'device' },
};

export function routeOf(path: string): Route {
  const fixed = FIXED[path === '/' ? path : path.replace(/\/$/, '')];
  if (fixed) return fixed;
  const taskId = /^\/tasks\/([a-z0-9-]+)$/.exec(path)?.[1];
  return taskId ? { page: 'task', taskId } : { page: 'unknown' };
}

export function pathOfTask(taskId: string): string {
  return `/tasks/${taskId}`;
}
