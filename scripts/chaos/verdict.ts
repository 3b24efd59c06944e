/** What the run proved: what arrived against what was written, and what happened against what was asked for. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readAudit, refusedLaunches } from './audit.ts';
import { compare, readSeen, type SeenCounts } from './seen.ts';
import type { World } from './world.ts';

export interface Verdict extends SeenCounts {
  readonly commandsRunTwice: number;
  /** Launches that the machine refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Outcomes and states that are not what happened. */
  readonly untrue: number;
  /** One line for each thing that is wrong. */
  readonly problems: readonly string[];
}

export function judge(world: World): Verdict {
  const problems: string[] = [];
  const counts: SeenCounts = { records: 0, lost: 0, duplicated: 0, reordered: 0, gapped: 0 };
  const { browser } = world;
  for (const life of readdirSync(world.seenRoot).map(Number)) {
    const isLast = life === browser.life;
    for (const name of readdirSync(path.join(world.seenRoot, String(life)))) {
      const taskId = path.basename(name, '.ndjson');
      const records = readSeen(path.join(world.seenRoot, String(life), name));
      const found = compare(records, world.folderOf(taskId), isLast ? 'whole' : 'beginning');
      const { lost, duplicated, reordered } = found;
      if (lost + duplicated + reordered > 0)
        problems.push(`${taskId} in life ${life} of the page: ${JSON.stringify(found)}`);
      counts.lost += lost;
      counts.duplicated += duplicated;
      counts.reordered += reordered;
      if (!isLast) continue;
      counts.records += found.records;
      counts.gapped += found.gapped;
    }
  }
  const effects = readFileSync(world.effectsFile, 'utf8').split('\n');
  const twice = [
    ...repeated(effects.filter((line) => line.startsWith('start ')).map((line) => words(line).slice(0, 2).join(' '))),
    ...repeated(effects.filter((line) => line.startsWith('answer ')).map((line) => words(line).slice(0, 3).join(' '))),
    ...repeated(commandsDone(world.auditFile)),
  ];
  const untrue = untruths(world, new Set(effects.map((line) => words(line).slice(0, 2).join(' '))));
  problems.push(...twice.map((line) => `more than once: ${line}`), ...untrue);
  return { ...counts, commandsRunTwice: twice.length, refused: countRefused(world), untrue: untrue.length, problems };
}

function countRefused({ auditFile }: World): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of refusedLaunches(readAudit(auditFile)).values()) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function untruths({ browser, auditFile }: World, happened: ReadonlySet<string>): readonly string[] {
  const refused = refusedLaunches(readAudit(auditFile));
  return browser.commands.flatMap(({ what, taskId, outcome }) => {
    if (what !== 'launch' || taskId === undefined) return [];
    const state = browser.ended.get(taskId);
    const hasStarted = happened.has(`start ${taskId}`) || happened.has(`prompt ${taskId}`);
    const isWhole = happened.has(`printed ${taskId}`) || happened.has(`answer ${taskId}`);
    if ((outcome?.outcome === 'rejected' || refused.has(taskId)) && hasStarted)
      return [`${taskId} was refused, but it ran`];
    if (state === 'succeeded' && !isWhole)
      return [`${taskId} is said to have succeeded, but it did not come to its end`];
    return [];
  });
}

function commandsDone(auditFile: string): readonly string[] {
  const done = readAudit(auditFile).filter(({ event }) => event === 'command_done');
  return done.map(({ action, commandId }) => `${action} ${commandId}`);
}

function words(line: string): readonly string[] {
  return line.split(' ');
}

function repeated(lines: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return lines.filter((line) => seen.has(line) || !seen.add(line));
}
