import type { ToolCallContent, ToolKind } from '../../../protocol/records/content.ts';
import type { FileChange } from './lines.ts';

/** Changes of files as diffs. Codex sends whole contents for added and deleted files, a unified diff for changed ones. */
export function diffsOf(changes: readonly FileChange[]): ToolCallContent[] {
  return changes.map(({ path, kind, diff }) => {
    if (kind.type === 'add') return { type: 'diff', path, oldText: null, newText: diff };
    if (kind.type === 'delete') return { type: 'diff', path, oldText: diff, newText: '' };
    return { type: 'diff', path: kind.move_path ?? path, ...sidesOf(diff) };
  });
}

export function kindOfChanges(changes: readonly FileChange[]): ToolKind {
  return changes.length > 0 && changes.every(({ kind }) => kind.type === 'delete') ? 'delete' : 'edit';
}

export function titleOfChanges(changes: readonly FileChange[]): string {
  const [first, ...others] = changes;
  if (!first) return 'Edit';
  const verb = kindOfChanges(changes) === 'delete' ? 'Delete' : 'Edit';
  return `${verb}: ${first.path}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

/** Both sides of a unified diff. What lies between two hunks is not known; their headers stand for it. */
function sidesOf(diff: string): { oldText: string; newText: string } {
  const lines = diff.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const isSplit = lines.filter(isHunkHeader).length > 1;
  const side = (mark: '-' | '+'): string =>
    lines
      .flatMap((line) => {
        if (isHunkHeader(line)) return isSplit ? [`${line}\n`] : [];
        if (line.startsWith(mark) || line.startsWith(' ')) return [`${line.slice(1)}\n`];
        return line === '' ? ['\n'] : [];
      })
      .join('');
  return { oldText: side('-'), newText: side('+') };
}

function isHunkHeader(line: string): boolean {
  return line.startsWith('@@');
}
