import type { DesktopState } from '../../protocol/ui/desktop-state.ts';

/** What the icon shows, told apart by shape. The first that holds, from what a person must know first. */
export type TrayState = 'problem' | 'needs-you' | 'paused' | 'offline' | 'connecting' | 'working' | 'online';

export function trayStateOf({ snapshot, engineProblem }: DesktopState): TrayState {
  const { connection, pendingApprovals, runningTasks, policy, storageProblem } = snapshot;
  const isBroken = engineProblem !== null || policy.problem !== null || storageProblem !== null;
  if (isBroken || isStuck(connection)) return 'problem';
  if (pendingApprovals.length > 0) return 'needs-you';
  if (connection.state === 'paused') return 'paused';
  if (connection.state === 'connecting') return 'connecting';
  if (connection.state !== 'online') return 'offline';
  return runningTasks > 0 ? 'working' : 'online';
}

function isStuck(connection: DesktopState['snapshot']['connection']): boolean {
  return connection.state === 'stopped' && connection.problem !== undefined;
}
