import { afterEach, expect, test } from 'vitest';
import { config } from './support/agents.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';

let desktop: Desktop;
afterEach(() => desktop.close());

const TABS_MAX = 60;

/** Goes on by Tab until the control of that name has the focus, which is seen at every step. */
async function tabTo(name: RegExp): Promise<void> {
  const { page } = desktop;
  const passed: string[] = [];
  while (passed.length < TABS_MAX) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(focused);
    if (focus.isHidden) throw new Error(`The focus is not seen on “${focus.name}”`);
    if (name.test(focus.name)) return;
    passed.push(focus.name);
  }
  throw new Error(`No Tab leads to ${name}, only to: ${passed.join(', ')}`);
}

// Runs in the page.
function focused(): { readonly name: string; readonly isHidden: boolean } {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) return { name: '', isHidden: false };
  const labels = element instanceof HTMLInputElement ? element.labels : null;
  const name = element.ariaLabel ?? labels?.[0]?.textContent ?? element.textContent ?? '';
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return { name: name.trim(), isHidden: outlineStyle === 'none' || outlineWidth === '0px' };
}

test('every screen is reached and used by the keyboard alone, and the focus is always seen', async () => {
  desktop = await startDesktop({ config });
  const { page } = desktop;
  const { keyboard } = page;
  const screen = (name: string) => page.getByRole('region', { name, exact: true }).waitFor();
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  await page.getByRole('button', { name: /agents found$/ }).waitFor();
  await tabTo(/^Pair$/);
  await keyboard.press('Enter');
  await screen('Pair this computer');
  await keyboard.type('not a link');
  await page.getByRole('alert').waitFor();
  // Out of the field, then out of the screen.
  await keyboard.press('Escape');
  await screen('Pair this computer');
  await keyboard.press('Escape');
  await tabTo(/agents found$/);
  await keyboard.press('Enter');
  await screen('Agents');
  await tabTo(/^Look again$/);
  await keyboard.press('Escape');
  await tabTo(/^Settings$/);
  await keyboard.press('Enter');
  await screen('Settings');
  await tabTo(/^Keep this computer awake/);
  await keyboard.press('Space');
  await expect.poll(() => page.getByLabel('Keep this computer awake').isChecked()).toBe(false);
  await tabTo(/^Tasks at once$/);
  await keyboard.press('ControlOrMeta+a');
  await keyboard.type('3');
  await keyboard.press('Enter');
  await page.getByText(/^Saved\./).waitFor();
  await keyboard.press('Escape');
  await keyboard.press('Escape');
  await keyboard.press('n');
  await screen('New task');
  await keyboard.type('Say hello');
  await tabTo(/^Start task$/);
  await keyboard.press('Enter');
  await page.getByRole('region', { name: 'Log' }).waitFor();
  await keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await keyboard.press('Escape');
  await tabTo(/^Cancel$/);
  await keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(/^Let it run$/);
  await keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  // Back where it was asked.
  expect(await page.evaluate(focused)).toMatchObject({ name: 'Cancel' });
  await keyboard.press('Escape');
  await keyboard.press('j');
  expect((await page.evaluate(focused)).name).toMatch(/^Say hello/);
});
