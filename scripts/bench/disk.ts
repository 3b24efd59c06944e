// How long the disk takes to make a small append durable, where the product keeps its data in this run.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Milliseconds of each `fdatasync` after an append of `bytes`. */
export function measureFlushes(bytes: number, count: number): number[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctrlnode-flush-'));
  const file = openSync(path.join(folder, 'appended'), 'a');
  const block = Buffer.alloc(bytes, 'x');
  try {
    return Array.from({ length: count }, () => {
      writeSync(file, block);
      const startedAt = performance.now();
      fdatasyncSync(file);
      return performance.now() - startedAt;
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
