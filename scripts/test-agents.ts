// Runs the conformance suite on every real agent program, with only its model faked, and prints what each was seen to
// do. Exit code 1 if a case failed or an agent was not there.
//   node scripts/test-agents.ts [--write] [agent …]     --write keeps the table in docs/providers.md
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { CONFORMANCE_AGENTS } from '../test/support/conformance-agents.ts';
import { type AgentMatrix, agentMatrix, type TestReport } from './lib/agent-matrix.ts';

const root = path.dirname(import.meta.dirname);
const report = path.join(root, 'artifacts', 'test-agents.json');
const page = path.join(root, 'docs', 'providers.md');
const BEGIN = '<!-- begin: npm run test:agents -- --write -->';
const END = '<!-- end -->';

const isWriting = process.argv.includes('--write');
const names = process.argv.slice(2).filter((argument) => argument !== '--write');
const unknown = names.filter((name) => !CONFORMANCE_AGENTS.some(({ id }) => id === name));
if (unknown.length > 0) fail(`No such agent: ${unknown.join(', ')}.`);
if (isWriting && names.length > 0) fail('--write needs the results of all agents: name none.');
const agents = CONFORMANCE_AGENTS.filter(({ id }) => names.length === 0 || names.includes(id));

const matrix = agentMatrix(agents, await runSuite());
console.log(`\n${matrix.text}\n`);
for (const name of matrix.missing) console.error(`${name} was not run.`);
if (isWriting) write(matrix);
process.exit(matrix.failed > 0 || matrix.missing.length > 0 ? 1 : 0);

async function runSuite(): Promise<TestReport> {
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const files = agents.map(({ id }) => `test/agents/${id}.test.ts`);
  const config = ['--config', 'test/vitest.config.ts', '--no-file-parallelism'];
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`];
  await execa('vitest', ['run', ...config, ...reporters, ...files], {
    cwd: root,
    preferLocal: true,
    reject: false,
    stdio: 'inherit',
    env: { CTRLNODE_QUICK: '0', CTRLNODE_FETCH_AGENTS: '1' },
  });
  return JSON.parse(readFileSync(report, 'utf8'));
}

function write({ text, missing }: AgentMatrix): void {
  if (missing.length > 0) fail('docs/providers.md stays as it is, because not all agents were run.');
  const old = readFileSync(page, 'utf8');
  const [before, rest] = old.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) fail(`docs/providers.md lacks "${BEGIN}" or "${END}".`);
  writeFileSync(page, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
  console.log('Written to docs/providers.md.');
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
