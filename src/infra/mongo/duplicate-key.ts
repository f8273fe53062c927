const DUPLICATE_KEY = 11000;

interface StoreError {
  code?: unknown;
  keyPattern?: Record<string, unknown>;
  writeErrors?: { code?: unknown }[];
}

/** True when a unique index refused a write. */
export const isDuplicateKey = (error: unknown): boolean => duplicateKeyFields(error) !== null;

/** The fields of the unique index that refused a write, in the index's order; null for any other error. */
export function duplicateKeyFields(error: unknown): string[] | null {
  const { code, keyPattern } = (error ?? {}) as StoreError;
  return code === DUPLICATE_KEY ? Object.keys(keyPattern ?? {}) : null;
}

/** True when an unordered bulk write failed in nothing but duplicate keys, so every row is there. */
export function isOnlyDuplicates(error: unknown): boolean {
  const { code, writeErrors } = (error ?? {}) as StoreError;
  if (code !== DUPLICATE_KEY) return false;
  return [writeErrors ?? []].flat().every((one) => one.code === DUPLICATE_KEY);
}
