/** The items of docs/security-electron.md, tried on the packed app: what its page cannot do, and main does not answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Desktop, startDesktop } from './support/desktop.ts';

declare global {
  var ctrlnode: { request(name: unknown, payload: unknown): Promise<{ ok: boolean; code?: string }> };
  /** Set by an attempt that came through. */
  var ran: boolean | undefined;
  var violation: Promise<string>;
  var opened: string[];
}

let desktop: Desktop;
beforeAll(async () => {
  desktop = await startDesktop();
  await desktop.page.getByRole('heading').first().waitFor();
  // No browser is to open, whatever the app decides.
  await desktop.app.evaluate(({ shell }) => {
    globalThis.opened = [];
    shell.openExternal = async (address) => void globalThis.opened.push(address);
  });
});
afterAll(() => desktop.close());

describe('the page', () => {
  test('is sandboxed and isolated, and knows nothing of Node or Electron', async () => {
    const preferences = await desktop.app.evaluate(({ BrowserWindow }) => {
      const contents: object | undefined = BrowserWindow.getAllWindows()[0]?.webContents;
      // What the page really got; not in Electron's types.
      return (contents as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
    });
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
    expect(preferences).not.toMatchObject({ webSecurity: false });
    for (const danger of [
      'webviewTag',
      'allowRunningInsecureContent',
      'nodeIntegrationInWorker',
      'experimentalFeatures',
    ])
      expect(preferences[danger] ?? false, danger).toBe(false);
    const globals = await desktop.page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in globalThis),
    );
    expect(globals).toEqual([]);
  });

  test('gets two functions of the preload script, and no part of Electron with them', async () => {
    expect(await desktop.page.evaluate(() => Object.keys(globalThis.ctrlnode).sort())).toEqual(['onEvent', 'request']);
  });

  test('has an origin of its own, not that of a file', async () => {
    const place = await desktop.page.evaluate(() => [location.origin, isSecureContext]);
    expect(place).toEqual(['ctrlnode-app://window', true]);
  });

  test.each<[string, string, () => void]>([
    ['an inline script', 'script-src-elem', () => add('script', { textContent: 'ran = true' })],
    ['a script from elsewhere', 'script-src-elem', () => add('script', { src: 'data:text/javascript,ran=true' })],
    ['text that becomes code', 'script-src', () => void setTimeout(() => new Function('ran = true')())],
    ['a style from elsewhere', 'style-src-elem', () => add('link', { rel: 'stylesheet', href: 'http://127.0.0.1:1/' })],
    ['a frame', 'frame-src', () => add('iframe', { src: 'http://127.0.0.1:1/' })],
    ['a picture from elsewhere', 'img-src', () => add('img', { src: 'http://127.0.0.1:1/' })],
    ['fetch', 'connect-src', () => void fetch('http://127.0.0.1:1/').catch(() => undefined)],
    ['a form', 'form-action', () => add('form', { action: 'http://127.0.0.1:1/' }).submit()],
    ['another base address', 'base-uri', () => add('base', { href: 'http://127.0.0.1:1/' })],
  ])('is kept from %s by its policy', async (_what, directive, attempt) => {
    const { page } = desktop;
    await page.evaluate(() => {
      globalThis.violation = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true });
      });
    });
    await page.evaluate(`(() => { const add = ${add.toString()}; (${attempt.toString()})(); })()`);
    expect(await page.evaluate(() => globalThis.violation)).toBe(directive);
    expect(await page.evaluate(() => globalThis.ran)).toBeUndefined();
  });

  test('cannot leave for another page', async () => {
    const [address, isPrevented] = await desktop.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      return new Promise<[string, boolean]>((resolve) => {
        contents?.once('will-navigate', (event) => resolve([event.url, event.defaultPrevented]));
        contents?.executeJavaScript("location.href = 'http://127.0.0.1:1/'").catch(() => undefined);
      });
    });
    expect([address, isPrevented]).toEqual(['http://127.0.0.1:1/', true]);
    expect(desktop.page.url()).toBe('ctrlnode-app://window/');
  });

  test('cannot open a file of the disk', async () => {
    const refused = desktop.page.waitForEvent('console', (message) => message.text().includes('local resource'));
    await desktop.page.evaluate(() => {
      location.href = 'file:///etc/hostname';
    });
    await refused;
    expect(desktop.page.url()).toBe('ctrlnode-app://window/');
  });

  test('opens no window, and the browser only at the few places that the app points to', async () => {
    const addresses = [
      'https://github.com/somewhere',
      'http://github.com/',
      'https://github.com.example.org/',
      'https://github.com@example.org/',
      'https://someone:secret@github.com/',
      'https://example.org/',
      'file:///etc/hostname',
      'ctrlnode-app://window/',
      'vscode://settings',
      'about:blank',
    ];
    const returned = await desktop.page.evaluate((all) => all.map((each) => window.open(each) === null), addresses);
    expect(returned).toEqual(addresses.map(() => true));
    const after = await desktop.app.evaluate(({ BrowserWindow }) => ({
      windows: BrowserWindow.getAllWindows().length,
      opened: globalThis.opened,
    }));
    expect(after).toEqual({ windows: 1, opened: ['https://github.com/somewhere'] });
  });

  test('is given no permission', async () => {
    const { page } = desktop;
    const asked = await page.evaluate(async () => ({
      geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
      notifications: await Notification.requestPermission(),
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
        () => 'granted',
        (error: DOMException) => error.name,
      ),
      clipboard: await navigator.clipboard.readText().then(
        () => 'granted',
        (error: DOMException) => error.name,
      ),
    }));
    expect(asked).toEqual({
      geolocation: 'denied',
      notifications: 'denied',
      camera: expect.stringMatching(/NotAllowedError|NotFoundError/),
      clipboard: 'NotAllowedError',
    });
  });
});

describe('main', () => {
  test.each([
    'ctrlnode-app://window/main/main.js',
    'ctrlnode-app://window/../preload.cjs',
    'ctrlnode-app://window/%2e%2e/main/main.js',
    'ctrlnode-app://window/%2e%2e%2fmain%2fmain.js',
    'ctrlnode-app://window/..%5cmain%5cmain.js',
    'ctrlnode-app://elsewhere/index.html',
    'ctrlnode-app://window/%',
  ])('serves nothing at %s', async (address) => {
    const status = await desktop.app.evaluate(async ({ session }, asked) => {
      const answer = session.fromPartition('window').fetch(asked);
      return answer.then(
        (response) => response.status,
        () => 0,
      );
    }, address);
    expect([0, 403, 404]).toContain(status);
  });

  test('serves the page itself with the policy', async () => {
    const headers = await desktop.app.evaluate(async ({ session }) => {
      const { status, headers: all } = await session.fromPartition('window').fetch('ctrlnode-app://window/');
      return { status, policy: all.get('content-security-policy') };
    });
    expect(headers).toMatchObject({ status: 200, policy: expect.stringContaining("default-src 'none'") });
    expect(headers.policy).not.toMatch(/unsafe|\*/);
  });

  test.each([
    ['a name that it does not know', 'nonsense', null, 'request_unknown'],
    ['a name that every object has', 'constructor', null, 'request_unknown'],
    ['no name', null, null, 'request_unknown'],
    ['a payload of another shape', 'link/pause', { untilMs: 'soon' }, 'request_malformed'],
    ['a payload where none belongs', 'state/get', { more: true }, 'request_malformed'],
    ['a setting of another kind', 'settings/change', { theme: 'pink' }, 'request_malformed'],
    ['a task that is a path', 'tasks/open-folder', { taskId: '../../etc' }, 'task_unknown'],
    ['a workspace that is a path', 'workspaces/open', { name: '/etc' }, 'workspace_not_allowed'],
  ])('refuses %s', async (_what, name, payload, code) => {
    const answer = await desktop.page.evaluate((each) => globalThis.ctrlnode.request(each.name, each.payload), {
      name,
      payload,
    });
    expect(answer).toMatchObject({ ok: false, code });
  });

  test('answers its own page only, whatever other page gets hold of the preload script', async () => {
    const answer = await desktop.app.evaluate(async ({ app, BrowserWindow }) => {
      const preload = `${app.getAppPath()}/dist/desktop/preload.cjs`;
      const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      await window.loadURL('data:text/html,another page');
      const got = await window.webContents.executeJavaScript("ctrlnode.request('state/get', null)");
      window.destroy();
      return got;
    });
    expect(answer).toMatchObject({ ok: false, code: 'sender_unknown' });
  });
});

// Runs in the page, where each attempt is taken to as text.
function add<T extends keyof HTMLElementTagNameMap>(name: T, properties: object): HTMLElementTagNameMap[T] {
  const element = Object.assign(document.createElement(name), properties);
  document.body.append(element);
  return element;
}
