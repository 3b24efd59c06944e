import { open as openFile } from 'node:fs/promises';
import { z } from 'zod';
import { type TaskState, taskStateSchema } from '../../protocol/task-state.ts';

/** What a task's journal says about what was already done, because the tables may be a moment behind it. */
export interface JournalFacts {
  readonly lastState: TaskState | null;
  readonly hasInstructions: boolean;
  /** Of the messages that are in it. */
  readonly messageIds: readonly string[];
  /** Bytes of `log/stderr.log` that are accounted for. */
  readonly stderrOffset: number;
  readonly sizeBytes: number;
  /** Ids of approvals that were asked for and not resolved. */
  readonly openApprovals: readonly string[];
}

export const NO_FACTS: JournalFacts = {
  lastState: null,
  hasInstructions: false,
  messageIds: [],
  stderrOffset: 0,
  sizeBytes: 0,
  openApprovals: [],
};

const lineSchema = z.object({
  type: z.string(),
  state: taskStateSchema.optional(),
  stderrOffset: z.number().optional(),
  approvalId: z.string().optional(),
  messageId: z.string().optional(),
});

/** Reads a journal from its beginning. Done once per unfinished task and start of the bridge. */
export async function readJournalFacts(file: string): Promise<JournalFacts> {
  const open = new Set<string>();
  const messageIds = new Set<string>();
  let { lastState, hasInstructions, stderrOffset } = NO_FACTS;
  // Closed by the end of the lines.
  const handle = await openFile(file, 'r');
  const { size: sizeBytes } = await handle.stat();
  for await (const text of handle.readLines()) {
    const line = parse(text);
    if (!line) continue;
    if (line.type === 'task_state') lastState = line.state ?? lastState;
    if (line.type === 'user_message_chunk') hasInstructions = true;
    if (line.messageId) messageIds.add(line.messageId);
    if (line.type === 'approval_requested' && line.approvalId) open.add(line.approvalId);
    if (line.type === 'approval_resolved' && line.approvalId) open.delete(line.approvalId);
    stderrOffset = Math.max(stderrOffset, line.stderrOffset ?? 0);
  }
  return { lastState, hasInstructions, messageIds: [...messageIds], stderrOffset, sizeBytes, openApprovals: [...open] };
}

function parse(text: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
