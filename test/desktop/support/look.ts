/** Looks at a screen of the packed app: a picture in both themes, and what axe finds in each. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect } from 'vitest';
import type { Desktop } from './desktop.ts';

export async function look(desktop: Desktop, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await desktop.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await desktop.screenshot(`${name}-${colorScheme}`);
    // The other way opens a page of its own, which Electron has none of.
    const { violations } = await new AxeBuilder({ page: desktop.page }).setLegacyMode(true).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${name} ${colorScheme} ${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
    );
    expect(found).toEqual([]);
  }
}

/** As a person who makes the window so large. */
export async function resize(desktop: Desktop, width: number, height: number): Promise<void> {
  await desktop.app.evaluate(
    ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
    { width, height },
  );
  await desktop.page.waitForFunction((wanted) => innerWidth === wanted, width);
}
