/**
 * Tables of the control plane. The portable subset of SQL only (text, integers, bytes), so that the same queries run on
 * SQLite and PostgreSQL. Times are milliseconds since the epoch. Nobody here can open the bodies of segments and commands.
 */
import type { Selectable } from 'kysely';
import type { TaskViewState } from '../../protocol/wire/web.ts';

export interface Schema {
  server_meta: { name: string; value: string };
  accounts: { account_id: string; created_at: number };
  devices: {
    device_id: string;
    account_id: string;
    kind: 'browser' | 'terminal' | 'bridge';
    /** Ed25519, base64. */
    public_key: string;
    created_at: number;
    revoked_at: number | null;
  };
  rosters: { account_id: string; version: number; sealed: string };
  pairings: {
    pairing_id: string;
    account_id: string;
    inviter_id: string;
    kind: 'device' | 'bridge';
    ephemeral_key: string;
    expires_at: number;
    join_key: string | null;
    join_sealed: string | null;
    grant_sealed: string | null;
    grant_device_id: string | null;
  };
  /** A bridge is a device of kind bridge: `bridge_id` is its `device_id`. */
  bridges: {
    bridge_id: string;
    account_id: string;
    last_seen_at: number | null;
    /** The stream of commands: its epoch, last number, and the bridge's durable cursor. */
    commands_epoch: string;
    commands_end: number;
    commands_acked: number;
  };
  /** Cursors of the streams that bridges send up. */
  streams: {
    bridge_id: string;
    stream: string;
    epoch: string;
    cursor: number;
    snapshot_at: number | null;
    /** Of its stored segments. */
    bytes: number;
    /** Records up to here were removed to make room, the last of them then. The cursor knows nothing of it. */
    removed_through: number;
    removed_at: number | null;
  };
  segments: {
    bridge_id: string;
    stream: string;
    epoch: string;
    first: number;
    last: number;
    header: string;
    /** Sealed bytes; base64 text in rows of version 0.1. */
    body: Uint8Array | string;
  };
  tasks: {
    account_id: string;
    task_id: string;
    bridge_id: string;
    provider: string;
    state: TaskViewState;
    code: string | null;
    label: string | null;
    created_at: number;
    started_at: number | null;
    ended_at: number | null;
    deadline: number;
    command_id: string;
  };
  approvals: {
    bridge_id: string;
    approval_id: string;
    account_id: string;
    task_id: string;
    state: 'pending' | 'allowed' | 'denied' | 'expired' | 'cancelled';
    deadline: number;
  };
  commands: {
    account_id: string;
    command_id: string;
    bridge_id: string;
    /** Number in the bridge's stream of commands; contiguous from 1. */
    number: number;
    task_id: string | null;
    action: string;
    /** JSON text of the envelope, as the device sent it. */
    envelope: string;
    bytes: number;
    state: 'waiting' | 'delivered' | 'done' | 'rejected' | 'expired';
    code: string | null;
    deadline: number;
    accepted_at: number;
  };
}

export type Row<T extends keyof Schema> = Selectable<Schema[T]>;
