/** Cuts a text into pieces of at most `maxBytes` UTF-8 bytes, never inside a character. Always the same way. */
export function splitText(text: string, maxBytes: number): string[] {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text === '' ? [] : [text];
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + maxBytes, bytes.length);
    // 10xxxxxx continues a character.
    while (to < bytes.length && to > from + 1 && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--;
    pieces.push(bytes.toString('utf8', from, to));
    from = to;
  }
  return pieces;
}
