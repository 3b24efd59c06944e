import type { WebIdentity } from '../../../src/client/identity.ts';
import type { NewBridgeRecord } from '../../../src/protocol/records/bridge-records.ts';
import { headerOfRecords, type StreamRecord } from '../../../src/protocol/records/header-of-records.ts';
import type { NewTaskRecord } from '../../../src/protocol/records/task-records.ts';
import type { CommandEnvelope } from '../../../src/protocol/wire/commands.ts';
import type { Segment } from '../../../src/protocol/wire/frames.ts';
import { openCommand, sealLabel } from '../../../src/sealing/commands.ts';
import { deriveBridgeKey } from '../../../src/sealing/keys.ts';
import { createSegmentSealer } from '../../../src/sealing/segments.ts';

/** The sealing side of a bridge: real keys, real segments, real opening of commands; no machine behind it. */
export class FakeBridge {
  readonly bridgeId: string;
  readonly #identity: WebIdentity;
  readonly #key: Uint8Array;
  readonly #ends = new Map<string, number>();

  constructor(identity: WebIdentity, bridgeId: string) {
    this.bridgeId = bridgeId;
    this.#identity = identity;
    this.#key = deriveBridgeKey(identity.accountKey, identity.accountId, bridgeId);
  }

  label(taskId: string, title: string, workspace: string): string {
    return sealLabel(
      this.#key,
      { accountId: this.#identity.accountId, bridgeId: this.bridgeId, taskId },
      { title, workspace },
    );
  }

  /** Numbers the records and seals them as one segment. `at` counts up from `startAt` unless a record has its own. */
  segment(
    stream: string,
    records: readonly ((NewTaskRecord | NewBridgeRecord) & { at?: number })[],
    options: { epoch?: string; at?: number } = {},
  ): Segment {
    const epoch = options.epoch ?? 'epoch0001';
    const key = `${stream}/${epoch}`;
    const before = this.#ends.get(key) ?? 0;
    this.#ends.set(key, before + records.length);
    const numbered = records.map((record, index) => {
      const { type, ...rest } = record;
      return { type, n: before + index + 1, at: options.at ?? 1_700_000_000_000, ...rest } as StreamRecord;
    });
    return this.sealAs(stream, numbered, epoch);
  }

  /** Seals records that have their numbers already. */
  sealAs(stream: string, records: readonly StreamRecord[], epoch = 'epoch0001', header?: string): Segment {
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) throw new Error('a segment has records');
    const plaintext = new TextEncoder().encode(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const text = header ?? JSON.stringify(headerOfRecords(records, [first.at, last.at], plaintext.length));
    const sealer = createSegmentSealer(this.#key, { accountId: this.#identity.accountId, bridgeId: this.bridgeId });
    const place = { stream, epoch, first: first.n, last: last.n, header: text };
    return { ...place, body: sealer.seal({ direction: 'up', ...place }, plaintext) };
  }

  open(envelope: CommandEnvelope): unknown {
    const opened = openCommand(this.#key, this.#identity.deviceKey.publicKey, envelope);
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value;
  }
}
