const NAME = 'ctrlnode';
const VERSION = 1;
export const IDENTITY_STORE = 'identity';
export const VALUES_STORE = 'values';

/** Opens the page's database. Rejects with what the browser says, such as when storage is switched off. */
export function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(IDENTITY_STORE);
    request.result.createObjectStore(VALUES_STORE);
  };
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('Another tab of CTRL NODE holds an older version. Close it.'));
  });
}

export function readValue(database: IDBDatabase, store: string, key: string): Promise<unknown> {
  const request = database.transaction(store).objectStore(store).get(key);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves once it is on disk. */
export function writeValue(database: IDBDatabase, store: string, key: string, value: unknown): Promise<void> {
  const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
  transaction.objectStore(store).put(value, key);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
