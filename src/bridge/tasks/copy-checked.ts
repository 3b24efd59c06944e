import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { codeOf } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reason } from '../../protocol/reason-codes.ts';
import type { AttachedFile } from '../../protocol/wire/commands.ts';

const CHUNK_BYTES = 256 * 1024;

/** Copies while it hashes: what lands in `to` is what the person's device sent, or there is a reason. */
export async function copyChecked(from: string, to: string, expected: AttachedFile): Promise<Result<void, Reason>> {
  try {
    const source = await open(from, 'r');
    try {
      return await copy(source, to, expected);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return err({ code: 'file_missing', message: `The attached file ${expected.name} did not arrive.` });
  }
}

type Source = Awaited<ReturnType<typeof open>>;

async function copy(source: Source, to: string, expected: AttachedFile): Promise<Result<void, Reason>> {
  const target = await open(to, 'wx');
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let sizeBytes = 0;
    for (;;) {
      const { bytesRead } = await source.read(chunk, 0, chunk.length, sizeBytes);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      await target.writeFile(chunk.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
    await target.datasync();
    if (sizeBytes === expected.sizeBytes && hash.digest('hex') === expected.sha256) return ok(undefined);
  } finally {
    await target.close();
  }
  return err({
    code: 'file_corrupt',
    message: `The attached file ${expected.name} is not what was sent. Send it again.`,
  });
}
