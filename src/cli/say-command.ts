import { CodedError } from '../base/errors.ts';
import { INSTRUCTIONS_MAX_BYTES } from '../protocol/limits.ts';
import type { Print } from './bridge-commands.ts';
import type { LocalClient } from './local-client.ts';
import { sizeWords } from './words.ts';

interface Said {
  readonly taskId: string;
  /** A single `-` stands for what `input` holds. */
  readonly words: readonly string[];
  readonly input: AsyncIterable<Buffer>;
}

/** `ctrlnode say <task> <text…>`: one more message to the task's agent. */
export async function sayToTask(client: LocalClient, { taskId, words, input }: Said, print: Print): Promise<void> {
  const isRead = words.length === 1 && words[0] === '-';
  const text = (isRead ? await textOf(input) : words.join(' ')).trim();
  if (text === '')
    throw new CodedError('message_empty', 'There is nothing to say. Give some words, or - and standard input.');
  const bytes = Buffer.byteLength(text);
  if (bytes > INSTRUCTIONS_MAX_BYTES) throw tooLong(sizeWords(bytes));
  await client.post(`/tasks/${encodeURIComponent(taskId)}/messages`, { text });
  print(`Said. Follow what becomes of it: ctrlnode logs ${taskId} --follow`);
}

async function textOf(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > 2 * INSTRUCTIONS_MAX_BYTES) throw tooLong(`more than ${sizeWords(2 * INSTRUCTIONS_MAX_BYTES)}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLong(size: string): CodedError {
  return new CodedError('message_too_long', `The message is ${size}; at most 64 KiB are possible. Shorten it.`);
}
