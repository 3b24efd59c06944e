import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Event } from '../../base/emitter.ts';
import { codeOf } from '../../base/errors.ts';

const READ_BYTES = 64 * 1024;
/** A missed notification must not leave a reader hanging. */
const LOOK_AGAIN_MS = 1_000;

export interface JournalLinesOptions {
  readonly path: string;
  readonly response: ServerResponse;
  readonly follow: boolean;
  /** New lines may be there. */
  readonly onDidAppend: Event<unknown>;
  readonly hasEnded: () => boolean;
}

/** Sends whole lines of a task's journal; with `follow`, until the task has ended or the reader went away. */
export async function sendJournalLines(options: JournalLinesOptions): Promise<void> {
  const { path, response, follow, onDidAppend, hasEnded } = options;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let offset = 0;
  let isGone = false;
  response.on('close', () => {
    isGone = true;
  });
  while (!isGone) {
    // Asked before reading: what was written before the end is then surely read.
    const isLast = !follow || hasEnded();
    offset = await sendFrom(path, offset, response);
    if (isLast) break;
    await nextAppend(onDidAppend, response);
  }
  response.end();
}

/** Sends the whole lines after `offset`; returns where they ended. */
async function sendFrom(path: string, offset: number, response: ServerResponse): Promise<number> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return offset;
  let size = READ_BYTES;
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (end === 0 && bytesRead < size) return offset;
      // One line is larger than what was read: read more of it.
      if (end === 0) size *= 2;
      else await write(response, buffer.subarray(0, end));
      offset += end;
    }
  } finally {
    await file.close();
  }
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.write(bytes)) return resolve();
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function nextAppend(onDidAppend: Event<unknown>, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      subscription.dispose();
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const subscription = onDidAppend(done);
    const timer = setTimeout(done, LOOK_AGAIN_MS);
    response.on('close', done);
  });
}
