/** Inline parts of a small, safe Markdown: text is only ever text, and a link only ever leads to the web. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'strong' | 'emphasis' | 'struck'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] };

const PATTERNS: readonly { readonly pattern: RegExp; make(match: RegExpExecArray): Inline | undefined }[] = [
  { pattern: /(`+)([\s\S]*?[^`])\1(?!`)/, make: (match) => ({ type: 'code', text: trimCode(match[2] ?? '') }) },
  { pattern: /\[([^\]\n]+)\]\(([^)\s]+)\)/, make: (match) => linkTo(match[2] ?? '', match[1] ?? '') },
  { pattern: /\bhttps?:\/\/[^\s<>()"'`]+[^\s<>()"'`.,;:!?]/, make: (match) => linkTo(match[0], match[0], true) },
  {
    pattern: /\*\*(?=\S)([\s\S]*?\S)\*\*/,
    make: (match) => ({ type: 'strong', children: parseInline(match[1] ?? '') }),
  },
  { pattern: /(?<![\w*])\*(?=\S)([^*]*?\S)\*(?![\w*])/, make: (match) => emphasis(match[1]) },
  { pattern: /(?<![\w_])_(?=\S)([^_]*?\S)_(?![\w_])/, make: (match) => emphasis(match[1]) },
  { pattern: /~~(?=\S)([\s\S]*?\S)~~/, make: (match) => ({ type: 'struck', children: parseInline(match[1] ?? '') }) },
];

export function parseInline(text: string): readonly Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  while (rest !== '') {
    const found = firstMatch(rest);
    if (!found) {
      parts.push({ type: 'text', text: rest });
      break;
    }
    const { match, part } = found;
    if (match.index > 0) parts.push({ type: 'text', text: rest.slice(0, match.index) });
    parts.push(part);
    rest = rest.slice(match.index + match[0].length);
  }
  return parts;
}

function firstMatch(text: string): { readonly match: RegExpExecArray; readonly part: Inline } | undefined {
  let first: { match: RegExpExecArray; part: Inline } | undefined;
  for (const { pattern, make } of PATTERNS) {
    const match = pattern.exec(text);
    if (!match || (first && match.index >= first.match.index)) continue;
    const part = make(match);
    if (part) first = { match, part };
  }
  return first;
}

function emphasis(text: string | undefined): Inline {
  return { type: 'emphasis', children: parseInline(text ?? '') };
}

function linkTo(address: string, text: string, isBare = false): Inline | undefined {
  if (!/^(?:https?:\/\/|mailto:)/i.test(address) || !URL.canParse(address)) return undefined;
  return { type: 'link', href: address, children: isBare ? [{ type: 'text', text }] : parseInline(text) };
}

function trimCode(text: string): string {
  return /^ .*[^ ].* $/s.test(text) ? text.slice(1, -1) : text;
}
