import type { Readable } from 'node:stream';

const KEPT_CHARACTERS = 4_000;

/** Follows what a program writes to standard error. Returns what tells its last line of importance, if there is any. */
export function followLastWords(stderr: Readable): () => string | undefined {
  let text = '';
  stderr.setEncoding('utf8').on('data', (part: string) => {
    text = `${text}${part}`.slice(-KEPT_CHARACTERS);
  });
  return () => lastWords(text);
}

/** Chromium's fatal line if there is one, without its place in the source; else the last line. */
export function lastWords(text: string): string | undefined {
  // What follows a fatal line is a stack.
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*#\d+ /.test(line));
  const line = lines.findLast((each) => each.includes(':FATAL:')) ?? lines.at(-1);
  return line?.replace(/^\[[^\]]*\]\s*/, '').trim();
}
