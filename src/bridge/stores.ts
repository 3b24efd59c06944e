import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { SegmentSealer } from '../sealing/segments.ts';
import type { ApprovalTable, FileSpool, Logger, MessageTable, TaskTable } from './ports.ts';
import { createApprovalTable } from './store/approval-table.ts';
import { type AuditLog, openAuditLog } from './store/audit-log.ts';
import { type BridgeLog, openBridgeLog } from './store/bridge-log.ts';
import { createFileSpool } from './store/file-spool.ts';
import { createMessageTable } from './store/message-table.ts';
import { createRosterTable, type RosterTable } from './store/roster-table.ts';
import type { SecretStore } from './store/secret-store.ts';
import { createSettingsTable, type SettingsTable } from './store/settings-table.ts';
import { openStateDatabase, type StateDatabase } from './store/state-database.ts';
import { createTaskTable } from './store/task-table.ts';

/** Everything that the engine remembers, opened together and closed together. */
export interface Stores {
  readonly state: StateDatabase;
  readonly settings: SettingsTable;
  readonly roster: RosterTable;
  readonly tasks: TaskTable;
  readonly messages: MessageTable;
  readonly approvals: ApprovalTable;
  readonly spool: FileSpool;
  readonly audit: AuditLog;
  readonly log: BridgeLog;
  readonly secrets: SecretStore;
  /** With what the log seals; nothing is read from it before. */
  setSealer(sealer: SegmentSealer | undefined): void;
  close(): Promise<void>;
}

export interface StoresOptions {
  readonly bridgeDir: string;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function openStores({ bridgeDir, secrets, clock, logger }: StoresOptions): Promise<Stores> {
  const state = openStateDatabase({ dataDir: bridgeDir });
  let sealer: SegmentSealer | undefined;
  try {
    const audit = openAuditLog({ path: path.join(bridgeDir, 'audit.ndjson'), clock, logger });
    const log = await openBridgeLog({ state, dataDir: bridgeDir, sealer: () => sealer, clock, logger });
    return {
      state,
      settings: createSettingsTable(state.sql),
      roster: createRosterTable(state.sql),
      tasks: createTaskTable(state.sql),
      messages: createMessageTable(state.sql),
      approvals: createApprovalTable(state.sql),
      spool: createFileSpool({ folder: path.join(bridgeDir, 'spool'), clock }),
      audit,
      log,
      secrets,
      setSealer(next) {
        sealer = next;
      },
      async close() {
        await log.close();
        audit.dispose();
        state.dispose();
      },
    };
  } catch (error) {
    state.dispose();
    throw error;
  }
}
