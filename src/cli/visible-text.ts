/**
 * Text that an agent wrote, made safe to show in a terminal: no character of it can move the cursor, change a colour or
 * turn the direction of writing, so nothing of a request can be hidden from who reads it.
 */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
