import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { toBase64 } from '../base/base64.ts';
import { CodedError } from '../base/errors.ts';
import { FILE_CHUNK_BYTES } from '../protocol/limits.ts';
import type { AttachedFile } from '../protocol/wire/commands.ts';
import { createId } from '../sealing/random.ts';
import type { CommandOutcome, SentCommand } from './command-outcome.ts';

/** A file to attach, read in pieces so that it is never whole in memory. */
export interface UploadSource {
  readonly name: string;
  readonly sizeBytes: number;
  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
}

/** Pieces that may wait to be stored by the server at one time. */
const PIECES_AHEAD = 4;

export interface UploadOptions {
  sendPiece(body: { fileId: string; offsetBytes: number; data: string }): SentCommand;
  onProgress(sentBytes: number): void;
  readonly signal: AbortSignal | undefined;
}

/** The server or the bridge would not take a piece of a file. */
export class UploadRefused extends CodedError {
  readonly outcome: CommandOutcome;

  constructor(name: string, outcome: CommandOutcome) {
    super('upload_refused', `The file ${name} could not be sent.`);
    this.outcome = outcome;
  }
}

export function sourceOfBytes(name: string, bytes: Uint8Array): UploadSource {
  return { name, sizeBytes: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

export function sourceOfBlob(name: string, blob: Blob): UploadSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/**
 * Sends a file in pieces and resolves, once the server has stored all of them, with what a launch says of it. Throws
 * {@link UploadRefused}, or what reading the file throws, or the reason of the signal.
 */
export async function uploadFile(source: UploadSource, options: UploadOptions): Promise<AttachedFile> {
  const fileId = createId();
  const hash = sha256.create();
  const ahead: Promise<void>[] = [];
  for (let offset = 0; offset === 0 || offset < source.sizeBytes; offset += FILE_CHUNK_BYTES) {
    options.signal?.throwIfAborted();
    const piece = await source.read(offset, Math.min(FILE_CHUNK_BYTES, source.sizeBytes - offset));
    if (piece.length !== Math.min(FILE_CHUNK_BYTES, source.sizeBytes - offset))
      throw new CodedError('file_changed', `The file ${source.name} changed while it was read. Attach it again.`);
    hash.update(piece);
    const sent = options.sendPiece({ fileId, offsetBytes: offset, data: toBase64(piece) });
    const stored = untilStored(source, sent).then(() => options.onProgress(offset + piece.length));
    // Whoever awaits the list sees the failure; until then it must not count as unhandled.
    stored.catch(() => {});
    ahead.push(stored);
    if (ahead.length >= PIECES_AHEAD) await ahead.shift();
  }
  await Promise.all(ahead);
  return { fileId, name: source.name, sizeBytes: source.sizeBytes, sha256: bytesToHex(hash.digest()) };
}

async function untilStored(source: UploadSource, sent: SentCommand): Promise<void> {
  const accepted = await sent.accepted;
  if (!accepted.ok) throw new UploadRefused(source.name, accepted.error);
}
