import { join } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import { createCommandEffects } from '../../../src/bridge/policy/command-effects.ts';
import { createCommandGate } from '../../../src/bridge/policy/command-gate.ts';
import { createProviderActions } from '../../../src/bridge/policy/provider-actions.ts';
import type { Journal } from '../../../src/bridge/ports.ts';
import { openAuditLog } from '../../../src/bridge/store/audit-log.ts';
import { createFileSpool } from '../../../src/bridge/store/file-spool.ts';
import { Inbox } from '../../../src/bridge/store/inbox.ts';
import { createRosterTable } from '../../../src/bridge/store/roster-table.ts';
import type { StateDatabase } from '../../../src/bridge/store/state-database.ts';
import { createTaskTable } from '../../../src/bridge/store/task-table.ts';
import type { NewBridgeRecord } from '../../../src/protocol/records/bridge-records.ts';
import { createFakeProviders, createFakeTasks, firstRoster, type TestDevice } from './commands.ts';
import { bridgeKey, logger, onCleanup, owner } from './fixtures.ts';

/** Gate, effects and inbox over real tables and files; only tasks and providers are stand-ins. */
export function openCommandSide(options: {
  readonly state: StateDatabase;
  readonly dataDir: string;
  readonly journal: Journal<NewBridgeRecord>;
  readonly device: TestDevice;
  readonly clock: Clock;
}) {
  const { state, dataDir, journal, device, clock } = options;
  const roster = createRosterTable(state.sql);
  const first = firstRoster(device);
  roster.keep(first.roster, first.signed);
  const tasks = createFakeTasks();
  const providers = createFakeProviders();
  const spool = createFileSpool({ folder: join(dataDir, 'spool'), clock });
  const auditPath = join(dataDir, 'audit.ndjson');
  const audit = openAuditLog({ path: auditPath, clock, logger });
  const ownerOfAction = (action: string) => (action.startsWith('openclaw_') ? 'openclaw' : undefined);
  const gate = createCommandGate({ identity: () => ({ ...owner, bridgeKey }), roster, ownerOfAction, clock, logger });
  const actions = createProviderActions({ providers: [], tasks: createTaskTable(state.sql), logger });
  const effects = createCommandEffects({ tasks, actions, spool, providers, roster, logger });
  const inbox = new Inbox({ state, gate, effects, journal, audit, clock, logger });
  onCleanup(() => {
    inbox.dispose();
    audit.dispose();
  });
  return { roster, first, tasks, providers, spool, audit, auditPath, gate, effects, inbox };
}
