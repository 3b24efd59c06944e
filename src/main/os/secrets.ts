import { safeStorage } from 'electron/main';
import type { SecretStore } from '../../bridge/store/secret-store.ts';

/** Text that the system's keychain encrypts. The asynchronous calls exist from Electron 42 on. */
interface AsyncSafeStorage {
  isAsyncEncryptionAvailable?(): Promise<boolean>;
  encryptStringAsync?(text: string): Promise<Buffer>;
  decryptStringAsync?(sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }>;
}
const storage = safeStorage as typeof safeStorage & AsyncSafeStorage;

/** Whether the system has a real place for secrets. `basic_text` is only obfuscation. */
export async function hasKeychain(): Promise<boolean> {
  const isThere = (await storage.isAsyncEncryptionAvailable?.()) ?? storage.isEncryptionAvailable();
  if (!isThere) return false;
  return process.platform !== 'linux' || storage.getSelectedStorageBackend() !== 'basic_text';
}

const PREFIX = 'keychain:';

/** Keeps in `file` in clear, which a bridge without a window can read too. What the keychain encrypted before is still read. */
export function createClearSecretStore(file: SecretStore): SecretStore {
  return { ...file, get: createKeychainSecretStore(file).get };
}

/** Encrypts with the system's keychain what `file` keeps. What lies there in clear from before is still read. */
export function createKeychainSecretStore(file: SecretStore): SecretStore {
  return {
    async get(name) {
      const kept = await file.get(name);
      if (!kept?.startsWith(PREFIX)) return kept;
      const { text, isStale } = await open(Buffer.from(kept.slice(PREFIX.length), 'base64'));
      if (isStale) await file.set(name, await seal(text));
      return text;
    },
    async set(name, value) {
      await file.set(name, await seal(value));
    },
    delete: (name) => file.delete(name),
  };
}

async function seal(text: string): Promise<string> {
  const sealed = (await storage.encryptStringAsync?.(text)) ?? storage.encryptString(text);
  return `${PREFIX}${sealed.toString('base64')}`;
}

async function open(sealed: Buffer): Promise<{ text: string; isStale: boolean }> {
  const opened = await storage.decryptStringAsync?.(sealed);
  if (opened) return { text: opened.result, isStale: opened.shouldReEncrypt };
  return { text: storage.decryptString(sealed), isStale: false };
}
