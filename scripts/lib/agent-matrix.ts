/** The table of what each agent program was seen to do, made from a report of vitest. */
import type { ConformanceAgent } from '../../test/support/conformance-agents.ts';
import { CASES, type CaseId } from '../../test/support/conformance-cases.ts';

/** The part of vitest's JSON report that is read. */
export interface TestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

type Mark = '✓' | '✗' | '–';

export interface AgentMatrix {
  readonly failed: number;
  /** Agents of which nothing was seen. */
  readonly missing: readonly string[];
  /** As Markdown, with the notes below it. */
  readonly text: string;
}

export function agentMatrix(agents: readonly ConformanceAgent[], report: TestReport): AgentMatrix {
  const results = report.testResults.flatMap((file) => file.assertionResults);
  const markOf = (agent: ConformanceAgent, id: CaseId): Mark => {
    const found = results.find(
      ({ ancestorTitles, title }) => ancestorTitles[0] === titleOf(agent) && title === CASES[id],
    );
    if (found?.status === 'passed') return '✓';
    return found?.status === 'failed' ? '✗' : '–';
  };
  const ids = Object.keys(CASES) as CaseId[];
  const notes: string[] = [];
  const rows = ids.map((id) => [
    CASES[id],
    ...agents.map((agent) => {
      const note = agent.absent[id] ?? agent.facts[id];
      const number = note === undefined ? '' : ` ${notes.push(`${agent.name}: ${note}`)}`;
      return `${markOf(agent, id)}${number}`;
    }),
  ]);
  const marks = agents.map((agent) => ids.map((id) => markOf(agent, id)));
  const table = markdownTable([['', ...agents.map(titleOf)], ...rows]);
  return {
    failed: marks.flat().filter((mark) => mark === '✗').length,
    missing: agents.filter((_, index) => marks[index]?.every((mark) => mark === '–')).map(({ name }) => name),
    text: [table, '', ...notes.map((note, index) => `${index + 1}. ${note}`)].join('\n').trimEnd(),
  };
}

function titleOf({ name, version }: ConformanceAgent): string {
  return `${name} ${version}`;
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
