/** Sizes and times that both sides of a contract must agree on. Bytes are UTF-8 bytes unless a name says otherwise. */
const KIB = 1024;
const MIB = 1024 * KIB;

export const PROTOCOL_VERSION = 1;
export const LINK_SUBPROTOCOL = 'ctrlnode.v1';

/**
 * A segment is closed at whichever comes first (design section 4). One larger record makes a segment of its own. Four
 * times what the design began with: each costs a seal, a frame, a row and a check of its header, whatever its size.
 */
export const SEGMENT_MAX_BYTES = 64 * KIB;
export const SEGMENT_MAX_RECORDS = 256;

/** The largest single record that a sender may write; longer output is split. */
export const RECORD_MAX_BYTES = 256 * KIB;
/** Adjacent output of one agent that is read together becomes one record up to this size; four of them fit a segment. */
export const RECORD_MERGE_BYTES = 15 * KIB;
/** The largest frame on any of our sockets. Larger ones close the socket with 1009. */
export const FRAME_MAX_BYTES = 1 * MIB;
/** Most bytes of segments that may be unacknowledged on one link. */
export const LINK_WINDOW_BYTES = 1 * MIB;

export const HEARTBEAT_INTERVAL_MS = 20_000;
export const LIVENESS_TIMEOUT_MS = 45_000;
export const PROBE_TIMEOUT_MS = 2_000;
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Attached files travel in pieces of this many bytes, each its own sealed command. */
export const FILE_CHUNK_BYTES = 192 * KIB;
export const FILE_MAX_BYTES = 25 * MIB;
export const FILES_PER_TASK_MAX = 50;
export const INSTRUCTIONS_MAX_BYTES = 64 * KIB;

export const PAIRING_LIFETIME_MS = 10 * 60_000;
export const TOKEN_LIFETIME_MS = 60_000;
