import { toBase64 } from '../base/base64.ts';
import { openBytes, sealBytes } from './aead.ts';
import { decodeBase64, encodeBound } from './bytes.ts';
import { deriveBridgeSubkey } from './keys.ts';

/** Where a segment belongs. `header` is the exact text of its clear header. */
export interface SegmentBinding {
  readonly direction: 'up' | 'down';
  readonly stream: string;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly header: string;
}

export interface SegmentOwner {
  readonly accountId: string;
  readonly bridgeId: string;
}

/** Seals and opens bodies of segments (base64) of one bridge. */
export interface SegmentSealer {
  seal(binding: SegmentBinding, plaintext: Uint8Array): string;
  /** Throws CodedError `seal_invalid` if the body, the key or anything of the binding is not what was sealed. */
  open(binding: SegmentBinding, body: string): Uint8Array;
}

/** Derives the keys once: sealing is on the hot path of every segment. */
export function createSegmentSealer(bridgeKey: Uint8Array, owner: SegmentOwner): SegmentSealer {
  const keys = {
    up: deriveBridgeSubkey(bridgeKey, 'segments-up'),
    down: deriveBridgeSubkey(bridgeKey, 'segments-down'),
  };
  return {
    seal: (binding, plaintext) =>
      toBase64(sealBytes(keys[binding.direction], segmentAssociatedData(owner, binding), plaintext)),
    open: (binding, body) =>
      openBytes(keys[binding.direction], segmentAssociatedData(owner, binding), decodeBase64(body)),
  };
}

export function segmentAssociatedData(owner: SegmentOwner, binding: SegmentBinding): Uint8Array {
  const { direction, stream, epoch, first, last, header } = binding;
  const { accountId, bridgeId } = owner;
  return encodeBound(['ctrlnode.segment.v1', accountId, bridgeId, direction, stream, epoch, first, last, header]);
}
