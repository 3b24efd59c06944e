// Draws every icon of the tray app from the SVGs in assets/: the tray's states for three systems, the app's own icon.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findOrInstallChromium } from './lib/chromium.ts';
import { icoOf } from './lib/ico.ts';

const assets = path.resolve(import.meta.dirname, '../assets');
/** macOS takes black and makes of it what fits the menu bar; the others have panels of any colour. */
const BLACK = '#000000';
const ON_ANY_PANEL = '#8b93a1';
const WAITING = '#d98a00';

const executablePath = await findOrInstallChromium();
if (!executablePath) throw new Error('No Chromium found. Set CTRLNODE_CHROMIUM to one.');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
try {
  await drawTray(page, path.join(assets, 'tray'));
  await drawApp(page, path.join(assets, 'package'));
} finally {
  await browser.close();
}

async function drawTray(on: Page, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(path.join(assets, 'tray-svg'))) {
    const name = path.basename(file, '.svg');
    const svg = readFileSync(path.join(assets, 'tray-svg', file), 'utf8');
    const colour = name === 'needs-you' ? WAITING : ON_ANY_PANEL;
    const draw = (sizePx: number, fill: string) => drawSvg(on, svg.replaceAll('currentColor', fill), sizePx);
    writeFileSync(path.join(folder, `${name}Template.png`), await draw(16, BLACK));
    writeFileSync(path.join(folder, `${name}Template@2x.png`), await draw(32, BLACK));
    writeFileSync(path.join(folder, `${name}.png`), await draw(24, colour));
    writeFileSync(path.join(folder, `${name}@2x.png`), await draw(48, colour));
    const sizes = [16, 20, 24, 32, 48];
    writeFileSync(path.join(folder, `${name}.ico`), icoOf(await drawAll(sizes, (size) => draw(size, colour))));
  }
}

async function drawApp(on: Page, folder: string): Promise<void> {
  mkdirSync(path.join(folder, 'icons'), { recursive: true });
  const svg = readFileSync(path.join(assets, 'icon.svg'), 'utf8');
  const draw = (sizePx: number) => drawSvg(on, svg, sizePx);
  for (const size of [16, 32, 48, 64, 128, 256, 512]) {
    writeFileSync(path.join(folder, 'icons', `${size}x${size}.png`), await draw(size));
  }
  writeFileSync(path.join(folder, 'icon.png'), await draw(1024));
  writeFileSync(path.join(folder, 'icon.ico'), icoOf(await drawAll([16, 24, 32, 48, 64, 128, 256], draw)));
}

async function drawAll(sizes: readonly number[], draw: (sizePx: number) => Promise<Buffer>) {
  const images: { sizePx: number; png: Buffer }[] = [];
  for (const sizePx of sizes) images.push({ sizePx, png: await draw(sizePx) });
  return images;
}

async function drawSvg(on: Page, svg: string, sizePx: number): Promise<Buffer> {
  const sized = svg.replace('<svg ', `<svg width="${sizePx}" height="${sizePx}" style="display:block" `);
  await on.setViewportSize({ width: sizePx, height: sizePx });
  await on.setContent(`<style>body{margin:0;background:transparent}</style>${sized}`);
  return on.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: sizePx, height: sizePx } });
}
