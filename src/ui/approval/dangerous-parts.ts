/**
 * What a person should look at twice in a command. A help for the eye only: nothing is allowed or denied by it, and a
 * command without such a part is not thereby harmless.
 */
const DANGEROUS: readonly RegExp[] = [
  /\b(?:sudo|doas|su)\b/,
  /\brm\b(?:\s+-[\w-]+)*/,
  /\b(?:rmdir|shred|mkfs(?:\.\w+)?|dd|truncate|fdisk|parted)\b/,
  /\bfind\b[^|;&]*\s-delete\b/,
  /\s(?:-rf|-fr|-r\s+-f|--force|--no-preserve-root|--hard|--no-verify)\b/,
  /\bgit\s+(?:push\s+(?:\S+\s+)*(?:-f|--force\S*)|reset\s+--hard|clean\s+-\w*[fdx]\w*)/,
  /\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
  /\bchmod\s+(?:-R\s+)?(?:777|a\+\w+)/,
  /\bchown\s+-R\b/,
  /\b(?:kill|pkill|killall|shutdown|reboot|halt)\b/,
  />\s*\/(?:dev|etc|usr|bin|boot)\/\S*/,
  /\b(?:npm|pnpm|yarn|cargo)\s+publish\b/,
  /\b(?:terraform\s+(?:apply|destroy)|kubectl\s+delete|docker\s+(?:rm|system\s+prune|volume\s+rm)\b)/,
  /\bDROP\s+(?:TABLE|DATABASE)\b/i,
  /(?:~|\$HOME)?\/\.(?:ssh|aws|gnupg|kube)\b\S*/,
  /\.env\b/,
];

export interface CommandPart {
  readonly text: string;
  readonly isDangerous: boolean;
}

/** Cuts a command into parts; joined again they are the command, byte for byte. */
export function partsOfCommand(command: string): readonly CommandPart[] {
  const marks = new Uint8Array(command.length);
  for (const pattern of DANGEROUS)
    for (const match of command.matchAll(new RegExp(pattern, `${pattern.flags}g`)))
      marks.fill(1, match.index + (/^\s*/.exec(match[0])?.[0].length ?? 0), match.index + match[0].length);
  const parts: { text: string; isDangerous: boolean }[] = [];
  for (let at = 0; at < command.length; at++) {
    const isDangerous = marks[at] === 1;
    const last = parts.at(-1);
    if (last && last.isDangerous === isDangerous) last.text += command[at];
    else parts.push({ text: command[at] ?? '', isDangerous });
  }
  return parts;
}
