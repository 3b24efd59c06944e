import type { CursorStore } from '../../channel/ports.ts';
import type { Cursor, Segment } from '../../protocol/wire/frames.ts';
import type { Database } from '../store/database.ts';
import { findStreams, listCursors } from '../store/streams.ts';
import type { GroupCommitter } from './group-committer.ts';

export interface BridgeCursorsOptions {
  readonly db: Database;
  readonly committer: GroupCommitter;
  readonly bridgeId: string;
  readonly accountId: string;
  readonly isCurrent: () => boolean;
}

const KNOWN_MAX = 5_000;
/** Of output alone. Whatever else a header tells changes a list too, and a page hears of both at once, after the commit. */
const PLAIN_HEADER = /^\{"at":\[\d+,\d+\],"bytes":\d+\}$/;

/** Durable cursors of the streams that one bridge sends. */
export function createBridgeCursors(options: BridgeCursorsOptions): CursorStore {
  const { db, committer, bridgeId, accountId, isCurrent } = options;
  return {
    async cursors(streams) {
      const rows = await findStreams(
        db,
        bridgeId,
        streams.map((one) => one.stream),
      );
      // To a bridge a cursor is an acknowledgement.
      await committer.flush();
      const byStream = new Map(rows.map((row) => [row.stream, row]));
      return streams.map(({ stream, epoch }): Cursor => {
        const row = byStream.get(stream);
        return { stream, epoch, cursor: row?.epoch === epoch ? row.cursor : 0 };
      });
    },
    async known() {
      const cursors = await listCursors(db, bridgeId, KNOWN_MAX);
      await committer.flush();
      return cursors;
    },
    foresee: (segment) => {
      if (PLAIN_HEADER.test(segment.header) && isCurrent()) committer.foresee(bridgeId, segment);
    },
    gather: (waitingBytes) => committer.gather(waitingBytes),
    commit: (segments: readonly Segment[]) => committer.commit({ bridgeId, accountId, segments, isCurrent }),
  };
}
