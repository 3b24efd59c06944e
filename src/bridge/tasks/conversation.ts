import { open } from 'node:fs/promises';
import { z } from 'zod';

/** Enough to go on from; the beginning, which is the task itself, is told anyway. */
const KEPT_CHARACTERS = 24 * 1024;

const lineSchema = z.object({
  type: z.enum(['user_message_chunk', 'agent_message_chunk']),
  content: z.object({ text: z.string() }),
});
type Speaker = z.infer<typeof lineSchema>['type'];

/** What was said in a task so far, in words for an agent that has not heard it. Only the newest part of a long one. */
export async function conversationOf(journal: string): Promise<string> {
  let said = '';
  let last: Speaker | undefined;
  // Closed by the end of the lines.
  const handle = await open(journal, 'r');
  for await (const text of handle.readLines()) {
    const line = parse(text);
    if (!line) continue;
    if (line.type !== last) said += line.type === 'user_message_chunk' ? '\n\nPerson:\n' : '\n\nYou:\n';
    last = line.type;
    said = (said + line.content.text).slice(-2 * KEPT_CHARACTERS);
  }
  const kept = said.slice(-KEPT_CHARACTERS).toWellFormed().trim();
  return `---\nYou have worked on this task before, in a session that is lost. What was said there:\n\n${kept}\n---`;
}

function parse(text: string): z.infer<typeof lineSchema> | undefined {
  if (!text.includes('_message_chunk"')) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
