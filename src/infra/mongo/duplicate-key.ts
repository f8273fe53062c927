const DUPLICATE_KEY = 11000;

interface StoreError {
  code?: unknown;
  writeErrors?: { code?: unknown }[];
}

/** True when a unique index refused a write. */
export const isDuplicateKey = (error: unknown): boolean =>
  (error as StoreError | null | undefined)?.code === DUPLICATE_KEY;

/** True when an unordered bulk write failed in nothing but duplicate keys, so every row is there. */
export function isOnlyDuplicates(error: unknown): boolean {
  const { writeErrors } = (error ?? {}) as StoreError;
  return isDuplicateKey(error) && [writeErrors ?? []].flat().every(({ code }) => code === DUPLICATE_KEY);
}
