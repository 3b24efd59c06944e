import { rm } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { WebIdentity } from '../../../src/client/identity.ts';
import { collectComplaints, launchBrowser, putIdentity } from '../screens/browser.ts';
import { servePage } from '../screens/page-server.ts';
import { buildPage } from './built-page.ts';
import { FakeControlPlane } from './fake-control-plane.ts';

export interface WebPages {
  readonly browser: Browser;
  /** A new one for each test. */
  readonly server: FakeControlPlane;
  /** A page of a paired browser, instead of the last one. That it complains of nothing is asked after the test. */
  open(options: BrowserContextOptions): Promise<Page>;
}

/** The built web app in a real browser, for the tests of a file. */
export function openWebPages(identity: WebIdentity): WebPages {
  let webRoot: string;
  let browser: Browser;
  let server: FakeControlPlane;
  let context: BrowserContext | undefined;
  let complaints: string[];

  beforeAll(async () => {
    webRoot = await buildPage();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await rm(webRoot, { recursive: true });
  });
  beforeEach(async () => {
    complaints = [];
    server = new FakeControlPlane(servePage(webRoot));
    await server.listen();
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
    await server.close();
    expect(complaints).toEqual([]);
  });

  return {
    get browser() {
      return browser;
    },
    get server() {
      return server;
    },
    async open(options) {
      await context?.close();
      context = await browser.newContext({ ...options, serviceWorkers: 'block' });
      await putIdentity(context, server.origin, identity);
      const page = await context.newPage();
      page.setDefaultTimeout(5_000);
      complaints = collectComplaints(page, server.origin);
      return page;
    },
  };
}
