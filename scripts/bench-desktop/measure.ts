// Measures, in the screen that `scripts/bench-desktop.ts` made: one app, paired with one control plane, all the way.
import { loadavg } from 'node:os';
import path from 'node:path';
import { startDesktop } from '../../test/desktop/support/desktop.ts';
import { type Paired, startPaired } from '../../test/desktop/support/paired.ts';
import { measureBareElectron } from './bare-electron.ts';
import { measureIdle } from './idle.ts';
import { measureLogFrames } from './log-frames.ts';
import { lineOf, type Numbers, tableOf } from './report.ts';
import { measureWindowOpens } from './window-opens.ts';

const LINES = 200_000;
const LINES_PER_SECOND = 5_000;
/** Fewer than this part of them, and the window had less to draw than the number says. */
const RATE_MIN = 0.98;
const AGENT = path.resolve(import.meta.dirname, '../bench/print-lines.mjs');
const program = { command: process.execPath, args: [AGENT, String(LINES), String(LINES_PER_SECOND)] };
const say = (text: string): void => console.error(text);

say('Starting a control plane, and pairing the app …');
const paired = await startPaired({
  config: { workspaces: {}, providers: { command: { programs: { flood: program } } } },
});
let numbers: Numbers;
try {
  // How busy the machine was with other things: see whether a number is worth believing.
  const loadBefore = loadavg()[0] ?? 0;
  numbers = {
    loadBefore,
    ...(await frames(paired)),
    ...(await opens(paired)),
    ...(await idle(paired)),
    ...(await bare()),
  };
} finally {
  await paired.stop();
}
console.log(process.argv.includes('--json') ? lineOf(numbers) : tableOf(numbers));
process.exit(0);

async function frames({ desktop, launch }: Paired): Promise<Numbers> {
  say(`A task prints ${LINES_PER_SECOND} lines a second into its open log …`);
  await launch('flood').outcome;
  await desktop.page.getByRole('button', { name: /Run flood/ }).click();
  const { p50Ms, p95Ms, worstMs, linesPerSecond, delayMs } = await measureLogFrames(desktop.page);
  const isTrue = linesPerSecond >= RATE_MIN * LINES_PER_SECOND;
  return {
    logFrameP95Ms: isTrue ? p95Ms : null,
    logFrameP50Ms: p50Ms,
    logFrameWorstMs: worstMs,
    logLinesPerSecond: linesPerSecond,
    logDelayMs: delayMs,
  };
}

async function opens({ desktop }: Paired): Promise<Numbers> {
  say('The window is opened from the tray …');
  await desktop.end();
  const again = await startDesktop({ folder: desktop.folder, args: ['--hidden'] });
  const { firstMs, medianMs, worstMs } = await measureWindowOpens(again.app).finally(() => again.end());
  return { windowReadyMs: medianMs, windowReadyFirstMs: firstMs, windowReadyWorstMs: worstMs };
}

async function idle({ desktop, client, bridgeId }: Paired): Promise<Numbers> {
  say('Nothing happens, with the window closed …');
  const ours = () => client.state.bridges.find((each) => each.bridgeId === bridgeId);
  await client.when(() => ours()?.isOnline === false, 15_000);
  const settled = () =>
    client.when(() => ours()?.isOnline === true && (ours()?.info?.providers.length ?? 0) > 0, 60_000);
  const { cpuPercent, main, all, unopened, processes } = await measureIdle({ folder: desktop.folder, settled });
  return {
    idleCpuPercent: cpuPercent,
    mainRssMiB: main.rssMiB,
    mainPssMiB: main.pssMiB,
    mainAnonymousMiB: main.anonymousMiB,
    mainUnopenedRssMiB: unopened.rssMiB,
    allRssMiB: all.rssMiB,
    allPssMiB: all.pssMiB,
    processes,
  };
}

async function bare(): Promise<Numbers> {
  say('The same Electron without any app …');
  const { rssMiB, pssMiB, anonymousMiB } = await measureBareElectron(process.env.CTRLNODE_ELECTRON ?? '');
  return { bareMainRssMiB: rssMiB, bareMainPssMiB: pssMiB, bareMainAnonymousMiB: anonymousMiB };
}
