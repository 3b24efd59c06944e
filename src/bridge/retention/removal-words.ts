import type { RemovalCause, StoredRemoval } from '../ports.ts';

/** Why nothing can be said to such a task any more, and nothing of it be read. */
export function sentenceOfRemoval({ at }: Pick<StoredRemoval, 'at'>): string {
  return `The files of this task were removed from the machine on ${dayOf(at)}, so its agent cannot go on. Launch it again.`;
}

/** For the audit log, and for who asks what would go. */
export function wordsOfCause(cause: RemovalCause): string {
  switch (cause) {
    case 'age':
      return 'ended longer ago than tasks are kept';
    case 'size':
      return 'the ended tasks hold more than they may together';
    case 'asked':
      return 'somebody at the machine asked for it';
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
