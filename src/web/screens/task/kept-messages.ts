import { z } from 'zod';

const keptSchema = z.object({
  /** What is being written. */
  text: z.string().default(''),
  /** What was sent and is not in the task's log yet, oldest first. */
  sent: z
    .array(
      z.object({
        messageId: z.string(),
        text: z.string(),
        /** The machine takes it until then, in milliseconds since the epoch. */
        deadline: z.number(),
        /** Who has it. Beyond the page it no longer depends on the page that sent it. */
        reached: z.enum(['page', 'server', 'machine']),
        /** When that page was loaded. */
        page: z.number(),
      }),
    )
    .default([]),
  /** Why the last message came back. */
  problem: z.string().default(''),
});

export type KeptMessages = z.infer<typeof keptSchema>;
export type SentMessage = KeptMessages['sent'][number];

export const NOTHING_KEPT: KeptMessages = { text: '', sent: [], problem: '' };

/** What this tab keeps of a task's messages; it outlives a reload and is gone with the tab. */
export function loadKept(taskId: string): KeptMessages {
  try {
    return keptSchema.parse(JSON.parse(sessionStorage.getItem(keyOf(taskId)) ?? '{}'));
  } catch {
    return NOTHING_KEPT;
  }
}

/** Returns whether it is kept; without storage the page must remember it. */
export function saveKept(taskId: string, kept: KeptMessages): boolean {
  try {
    if (kept.text === '' && kept.sent.length === 0) sessionStorage.removeItem(keyOf(taskId));
    else sessionStorage.setItem(keyOf(taskId), JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

/** The message goes back to what is being written, in front of it, with the reason. Nothing happens if it is gone. */
export function givenBack(kept: KeptMessages, messageId: string, problem: string): KeptMessages {
  const message = kept.sent.find((sent) => sent.messageId === messageId);
  if (!message) return kept;
  const text = [message.text, kept.text].filter((part) => part.trim() !== '').join('\n\n');
  return { text, problem, sent: kept.sent.filter((sent) => sent !== message) };
}

export function withReached(kept: KeptMessages, messageId: string, reached: SentMessage['reached']): KeptMessages {
  return { ...kept, sent: kept.sent.map((sent) => (sent.messageId === messageId ? { ...sent, reached } : sent)) };
}

/** After the deadline: what never left comes back; what the machine took was taken back there, with its task. */
export function settledLate(kept: KeptMessages, now: number, problem: string): KeptMessages {
  const late = kept.sent.filter(({ deadline }) => deadline < now);
  if (late.length === 0) return kept;
  const left = { ...kept, sent: kept.sent.filter((sent) => !late.includes(sent) || sent.reached !== 'machine') };
  return late.reduceRight((before, { messageId }) => givenBack(before, messageId, problem), left);
}

/** What a page sent that is gone, and that nobody is known to have, goes back too. */
export function givenBackByPages(kept: KeptMessages, page: number): KeptMessages {
  const lost = kept.sent.filter((sent) => sent.reached === 'page' && sent.page !== page);
  // Newest first, because each goes in front.
  return lost.reduceRight((before, { messageId }) => givenBack(before, messageId, WORDS_OF_LOST), kept);
}

const WORDS_OF_LOST = 'The page was closed while this was on its way. If it is not in the log, send it again.';

function keyOf(taskId: string): string {
  return `ctrlnode/messages/${taskId}`;
}
