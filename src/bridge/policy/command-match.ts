/**
 * Whether a command line is the one that a rule means. Allowing is narrow: a command with anything in it that a shell
 * could read as a second command, a substitution or a redirection is never matched. Denying and asking is wide: each
 * part of such a command is looked at.
 */

// Also inside quotes: telling those apart would mean to parse as each shell does, and one mistake would run a command.
const SHELL_SYNTAX = /[;&|<>`$(){}\\\p{Cc}\u2028\u2029]/u;
const BETWEEN_COMMANDS = /[;&|<>`$(){}\p{Cc}]+/u;

export function isComposed(command: string): boolean {
  return SHELL_SYNTAX.test(command);
}

export function allowsCommand(pattern: string, command: string): boolean {
  return !isComposed(command) && matches(pattern, command);
}

export function concernsCommand(pattern: string, command: string): boolean {
  return [command, ...command.split(BETWEEN_COMMANDS)].some((part) => matches(pattern, part.trim()));
}

/** With a `*` the pattern is for the whole command; else the command is it, or begins with it and a space. */
function matches(pattern: string, command: string): boolean {
  if (pattern.includes('*')) return matchesWildcard(pattern, command);
  return command === pattern || command.startsWith(`${pattern} `);
}

/** `*` stands for any text. Takes time in proportion to the text, whatever the pattern. */
function matchesWildcard(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** For names without a structure, such as those of tools. */
export function matchesName(pattern: string, name: string): boolean {
  return pattern.includes('*') ? matchesWildcard(pattern, name) : pattern === name;
}
