/** The account's devices and the last order accepted from each of them, as the command gate needs them. */
import { type Roster, rosterSchema, type SignedRoster, signedRosterSchema } from '../../protocol/wire/roster.ts';
import { createSettingsTable } from './settings-table.ts';
import type { SqlDatabase } from './state-database.ts';

export interface RosterTable {
  /** Newest accepted roster; undefined before pairing. */
  current(): Roster | undefined;
  /** Keeps a roster that was verified against the current one. Ignores one that is not newer: it never goes back. */
  keep(roster: Roster, signed: SignedRoster): void;
  /** Highest `order` accepted from the device; 0 before the first. */
  lastOrder(deviceId: string): number;
  raiseOrder(deviceId: string, order: number): void;
  /** Forgets everything; only for a new pairing. */
  clear(): void;
}

export function createRosterTable(sql: SqlDatabase): RosterTable {
  const stored = createSettingsTable(sql).setting('roster', signedRosterSchema);
  const getOrder = sql.prepare('SELECT last_order FROM device_orders WHERE device_id = ?');
  const raiseOrder = sql.prepare(
    `INSERT INTO device_orders (device_id, last_order) VALUES (?, ?)
     ON CONFLICT (device_id) DO UPDATE SET last_order = max(last_order, excluded.last_order)`,
  );
  let cached: Roster | undefined;
  let cachedText: string | undefined;
  // The cache is only filled from what was read back: a rolled back `keep` must not leave its roster here.
  function current(): Roster | undefined {
    const signed = stored.get();
    if (signed === undefined) return undefined;
    if (cachedText !== signed.roster) {
      cached = rosterSchema.parse(JSON.parse(signed.roster));
      cachedText = signed.roster;
    }
    return cached;
  }
  return {
    current,
    keep(roster, signed) {
      if (roster.version > (current()?.version ?? 0)) stored.set(signed);
    },
    lastOrder: (deviceId) => (getOrder.get(deviceId)?.last_order as number | undefined) ?? 0,
    raiseOrder: (deviceId, order) => void raiseOrder.run(deviceId, order),
    clear() {
      stored.set(undefined);
      sql.exec('DELETE FROM device_orders');
    },
  };
}
