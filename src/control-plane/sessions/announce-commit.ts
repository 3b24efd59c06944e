import type { Logger } from 'pino';
import type { CommittedBatch } from '../store/commit-segments.ts';
import type { Announcer } from './announcer.ts';
import type { StreamHub } from './stream-hub.ts';

/** Tells the pages what one bridge's commit changed, and hands its segments to their subscriptions. */
export function announceCommit(
  { announcer, hub, logger }: { announcer: Announcer; hub: StreamHub; logger: Logger },
  { accountId, bridgeId, segments, effects, unreadableHeaders }: CommittedBatch,
): void {
  if (unreadableHeaders > 0) logger.warn({ event: 'segment_headers_unreadable', bridgeId, count: unreadableHeaders });
  for (const task of effects.tasks) announcer.announce(accountId, { type: 'task_changed', task });
  for (const approval of effects.approvals) announcer.announce(accountId, { type: 'approval_changed', approval });
  for (const { commandId, outcome, code } of effects.commands) {
    announcer.announce(accountId, { type: 'command_outcome', commandId, outcome, code });
  }
  hub.publish(bridgeId, segments);
}
