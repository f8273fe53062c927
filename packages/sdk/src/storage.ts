/**
 * Where unsent messages outlive the page or the process. Any key-value store will do; answers may be promises.
 * With one that answers at once, tabs may share it; give each tab keys of its own otherwise.
 */
export interface KeyValueStorage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/** The part of the browser's `Storage` that {@link webStorage} uses. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps things in a browser's storage.
 * @example createClient({ url, getToken, storage: webStorage(localStorage) })
 */
export const webStorage = (storage: WebStorage): KeyValueStorage => ({
  get: (key) => storage.getItem(key),
  set: (key, value) => storage.setItem(key, value),
  remove: (key) => storage.removeItem(key),
});

/** Keeps things as long as the object lives; hand it from one client to the next. */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}
