import type { Clock } from '../base/clock.ts';
import { CodedError, codeOf } from '../base/errors.ts';
import { type Roster, type SignedRoster, signedRosterSchema } from '../protocol/wire/roster.ts';
import { nextRoster, openRoster, type RosterChange, verifyRoster } from '../sealing/roster.ts';
import { type Connection, getRoster, putRoster } from '../sealing/roster-client.ts';
import type { WebIdentity } from './identity.ts';
import type { KeyValueStore } from './key-value-store.ts';

const ATTEMPTS_MAX = 3;

interface DeviceListOptions {
  readonly origin: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly identity: WebIdentity;
  readonly store: KeyValueStore;
  /** Tells every bridge. */
  announce(signed: SignedRoster): void;
  onDidChange(): void;
}

/** The account's devices as this one knows them: verified, and never going back to an older version. */
export class DeviceList {
  readonly #options: DeviceListOptions;
  #roster: Roster | undefined;

  constructor(options: DeviceListOptions) {
    this.#options = options;
  }

  get roster(): Roster | null {
    return this.#roster ?? null;
  }

  /** What was known when this device last ran. */
  async load(): Promise<void> {
    const text = await this.#options.store.get(this.#key);
    if (text === undefined || this.#roster) return;
    const signed = signedRosterSchema.safeParse(JSON.parse(text));
    if (signed.success) this.adopt(signed.data);
  }

  /** The sealed copy that the server keeps. One that does not open, or is not newer, changes nothing. */
  receive(sealed: string): void {
    const { accountId, accountKey } = this.#options.identity;
    const opened = openRoster(accountKey, { accountId }, sealed);
    if (opened.ok) this.adopt(opened.value);
  }

  adopt(signed: SignedRoster): void {
    const verified = verifyRoster(this.#roster, signed);
    if (!verified.ok || verified.value.accountId !== this.#options.identity.accountId) return;
    this.#roster = verified.value;
    // Kept for the next run only as a head start; the server's copy is checked again in any case.
    this.#options.store.set(this.#key, JSON.stringify(signed)).catch(() => {});
    this.#options.onDidChange();
  }

  /** The newest list, asked for if none has come yet. Throws CodedError with a sentence. */
  async current(): Promise<Roster> {
    if (!this.#roster) await this.#refresh();
    if (this.#roster) return this.#roster;
    throw new CodedError('roster_unknown', 'The list of devices has not come yet. Try again.');
  }

  /** Signs and publishes the next version. Throws CodedError with a sentence. */
  async change(change: RosterChange): Promise<void> {
    const { deviceId, deviceKey } = this.#options.identity;
    for (let attempt = 1; ; attempt++) {
      const next = nextRoster(await this.current(), change, { deviceId, secretKey: deviceKey.secretKey });
      if (!next.ok) throw new CodedError(next.error.code, next.error.message);
      try {
        return await this.publish(next.value.signed, next.value.roster);
      } catch (error) {
        if (codeOf(error) !== 'roster_conflict' || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** Stores a version at the server, then tells every bridge. After a conflict the newer one of another device is known. */
  async publish(signed: SignedRoster, roster: Roster): Promise<void> {
    try {
      await putRoster(this.#connection(), this.#options.identity, signed, roster);
    } catch (error) {
      if (codeOf(error) === 'roster_conflict') await this.#refresh();
      throw error;
    }
    this.adopt(signed);
    this.#options.announce(signed);
  }

  async #refresh(): Promise<void> {
    const signed = await getRoster(this.#connection(), this.#options.identity);
    if (signed) this.adopt(signed);
  }

  #connection(): Connection {
    return connectionOf(this.#options);
  }

  get #key(): string {
    return `roster/${this.#options.identity.accountId}`;
  }
}

/** How `sealing` calls the server as this device. */
export function connectionOf(from: {
  readonly origin: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly identity: WebIdentity;
}): Connection {
  const { deviceId, deviceKey, serverId } = from.identity;
  const { origin, fetch, clock } = from;
  return { origin, fetch, clock, identity: { deviceId, secretKey: deviceKey.secretKey, serverId } };
}
