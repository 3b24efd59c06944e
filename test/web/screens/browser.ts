import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { WebIdentity } from '../../../src/client/identity.ts';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CTRLNODE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
}

/** Gives the browser an identity as if it had been paired. */
export async function putIdentity(context: BrowserContext, origin: string, identity: WebIdentity): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${origin}/icon.svg`);
  await page.evaluate(storeIdentity, {
    ...identity,
    accountKey: [...identity.accountKey],
    secretKey: [...identity.deviceKey.secretKey],
    publicKey: [...identity.deviceKey.publicKey],
  });
  await page.close();
}

// Runs in the page: it may use nothing from here.
function storeIdentity(plain: Record<string, unknown>): Promise<void> {
  const bytes = (key: string): Uint8Array => Uint8Array.from(plain[key] as number[]);
  const { serverId, accountId, deviceId } = plain;
  const deviceKey = { secretKey: bytes('secretKey'), publicKey: bytes('publicKey') };
  const value = { serverId, accountId, deviceId, accountKey: bytes('accountKey'), deviceKey };
  const request = indexedDB.open('ctrlnode', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('identity');
    request.result.createObjectStore('values');
  };
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const transaction = request.result.transaction('identity', 'readwrite');
      transaction.objectStore('identity').put(value, 'device');
      transaction.oncomplete = () => {
        request.result.close();
        resolve();
      };
    };
  });
}

/** Everything that a page complains about: errors, refused content, requests to anywhere else. */
export function collectComplaints(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => !request.url().startsWith(origin) && complaints.push(`asked ${request.url()}`));
  return complaints;
}
