/** Small facts about this bridge that outlive the process, as JSON by name. Secrets are in the secret store, not here. */
import { z } from 'zod';
import { idSchema } from '../../protocol/names.ts';
import type { SqlDatabase } from './state-database.ts';

/** Who this bridge is, and for whom. Made by pairing; one machine keeps one identity for life. */
export const bridgeIdentitySchema = z.object({
  bridgeId: idSchema,
  accountId: idSchema,
  serverId: idSchema,
  /** Of the control plane, such as `https://ctrl.example`. */
  origin: z.string(),
});
export type BridgeIdentity = z.infer<typeof bridgeIdentitySchema>;

/** `untilMs` is null for "until I resume it". */
const pauseSchema = z.object({ since: z.number(), untilMs: z.number().nullable() });
export type StoredPause = z.infer<typeof pauseSchema>;

export interface Setting<T> {
  get(): T | undefined;
  set(value: T | undefined): void;
}

export interface SettingsTable {
  readonly identity: Setting<BridgeIdentity>;
  readonly pause: Setting<StoredPause>;
  /** Any other setting; give each name to one owner only. A value that the schema refuses reads as undefined. */
  setting<T>(name: string, schema: z.ZodType<T>): Setting<T>;
}

export function createSettingsTable(sql: SqlDatabase): SettingsTable {
  const get = sql.prepare('SELECT value FROM settings WHERE name = ?');
  const put = sql.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)');
  const remove = sql.prepare('DELETE FROM settings WHERE name = ?');
  function setting<T>(name: string, schema: z.ZodType<T>): Setting<T> {
    return {
      get() {
        const row = get.get(name);
        return row && schema.safeParse(JSON.parse(row.value as string)).data;
      },
      set(value) {
        if (value === undefined) remove.run(name);
        else put.run(name, JSON.stringify(value));
      },
    };
  }
  return { setting, identity: setting('identity', bridgeIdentitySchema), pause: setting('pause', pauseSchema) };
}
