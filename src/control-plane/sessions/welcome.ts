import { PROTOCOL_VERSION } from '../../protocol/limits.ts';
import type { WebServerFrame } from '../../protocol/wire/web.ts';
import type { Caller } from '../accounts/authenticator.ts';
import { listPendingApprovals } from '../store/approvals.ts';
import { listBridges } from '../store/bridges.ts';
import type { Database } from '../store/database.ts';
import { findRoster } from '../store/rosters.ts';
import { listTasks } from '../store/tasks.ts';
import type { LinkRegistry } from './link-registry.ts';

type Welcome = Extract<WebServerFrame, { type: 'welcome' }>;

/** Everything that a page needs for its lists, but for the time. */
export async function loadWelcome(
  { db, links }: { readonly db: Database; readonly links: LinkRegistry },
  { accountId, deviceId }: Caller,
): Promise<Omit<Welcome, 'serverTime'>> {
  const roster = await findRoster(db, accountId);
  const tasks = await listTasks(db, accountId);
  const approvals = await listPendingApprovals(db, accountId);
  // Last, so that nothing is awaited between looking at the links and saying so.
  const bridges = (await listBridges(db, accountId)).map((bridge) => links.view(bridge));
  return {
    type: 'welcome',
    version: PROTOCOL_VERSION,
    accountId,
    deviceId,
    roster: roster?.sealed ?? null,
    bridges,
    tasks: [...tasks],
    approvals: [...approvals],
  };
}
