/** Blocks of a small, safe Markdown, for what agents write: paragraphs, headings, lists, quotes, code, tables, rules. */
export type MarkdownBlock =
  | { readonly type: 'paragraph'; readonly text: string }
  | { readonly type: 'heading'; readonly level: number; readonly text: string }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly MarkdownBlock[] }
  | { readonly type: 'list'; readonly start: number | null; readonly items: readonly (readonly MarkdownBlock[])[] }
  | { readonly type: 'table'; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly type: 'rule' };

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+|$)/;
const QUOTE = /^ {0,3}> ?/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
/** Deeper than anybody reads; bounds the work on hostile text. */
const DEPTH_MAX = 8;

export function parseMarkdown(text: string, depth = 0): readonly MarkdownBlock[] {
  const reader: Reader = { lines: text.replaceAll('\r\n', '\n').split('\n'), at: 0, depth };
  const blocks: MarkdownBlock[] = [];
  while (reader.at < reader.lines.length) {
    const line = lineAt(reader);
    if (line.trim() === '') reader.at++;
    else blocks.push(readBlock(reader, line));
  }
  return blocks;
}

interface Reader {
  readonly lines: readonly string[];
  at: number;
  readonly depth: number;
}

function readBlock(reader: Reader, line: string): MarkdownBlock {
  const fence = FENCE.exec(line);
  if (fence) return readCode(reader, fence[1] ?? '```', fence[2] ?? '');
  const heading = HEADING.exec(line);
  if (heading) {
    reader.at++;
    return { type: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' };
  }
  if (RULE.test(line)) {
    reader.at++;
    return { type: 'rule' };
  }
  if (reader.depth < DEPTH_MAX && QUOTE.test(line)) return readQuote(reader);
  if (reader.depth < DEPTH_MAX && ITEM.test(line)) return readList(reader, line);
  if (line.includes('|') && TABLE_RULE.test(reader.lines[reader.at + 1] ?? '')) return readTable(reader, line);
  return readParagraph(reader);
}

// An open fence runs to the end: the rest of the block is still being written.
function readCode(reader: Reader, fence: string, language: string): MarkdownBlock {
  const from = ++reader.at;
  const isEnd = (line: string): boolean => line.trim().startsWith(fence) && /^\s*[`~]+\s*$/.test(line);
  while (reader.at < reader.lines.length && !isEnd(lineAt(reader))) reader.at++;
  const text = reader.lines.slice(from, reader.at).join('\n');
  reader.at++;
  return { type: 'code', language, text };
}

function readQuote(reader: Reader): MarkdownBlock {
  const lines: string[] = [];
  while (QUOTE.test(lineAt(reader))) lines.push((reader.lines[reader.at++] ?? '').replace(QUOTE, ''));
  return { type: 'quote', blocks: parseMarkdown(lines.join('\n'), reader.depth + 1) };
}

function readList(reader: Reader, firstLine: string): MarkdownBlock {
  const marker = ITEM.exec(firstLine)?.[2] ?? '-';
  const isOrdered = /\d/.test(marker);
  const items: (readonly MarkdownBlock[])[] = [];
  for (;;) {
    const match = ITEM.exec(lineAt(reader));
    if (!match || /\d/.test(match[2] ?? '') !== isOrdered) break;
    items.push(readItem(reader, match[0]));
  }
  return { type: 'list', start: isOrdered ? Number.parseInt(marker, 10) : null, items };
}

function readItem(reader: Reader, marker: string): readonly MarkdownBlock[] {
  const lines = [lineAt(reader).slice(marker.length)];
  const indent = Math.min(marker.length, 4);
  for (reader.at++; reader.at < reader.lines.length; reader.at++) {
    const line = lineAt(reader);
    const next = reader.lines[reader.at + 1] ?? '';
    const isInside = /^\s*/.exec(line)?.[0].length ?? 0;
    if (line.trim() === '' ? !/^ {2,}\S/.test(next) && !ITEM.test(next) : isInside < 2 && startsBlock(line)) break;
    lines.push(line.slice(Math.min(indent, isInside)));
  }
  return parseMarkdown(lines.join('\n').trimEnd(), reader.depth + 1);
}

function readTable(reader: Reader, header: string): MarkdownBlock {
  reader.at += 2;
  const rows: (readonly string[])[] = [];
  while (lineAt(reader).includes('|')) rows.push(cellsOf(reader.lines[reader.at++] ?? ''));
  return { type: 'table', header: cellsOf(header), rows };
}

function readParagraph(reader: Reader): MarkdownBlock {
  const lines = [lineAt(reader)];
  for (reader.at++; reader.at < reader.lines.length; reader.at++) {
    const line = lineAt(reader);
    if (line.trim() === '' || startsBlock(line)) break;
    lines.push(line);
  }
  return { type: 'paragraph', text: lines.join('\n').trim() };
}

function startsBlock(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || ITEM.test(line) || RULE.test(line);
}

function cellsOf(line: string): readonly string[] {
  const cells = line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|');
  return cells.map((cell) => cell.trim());
}

function lineAt(reader: Reader): string {
  return reader.lines[reader.at] ?? '';
}
