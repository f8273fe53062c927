import { textOf } from '../common/stored.js';

/** How an operator finds what has this key: its parts with a space between. */
export const nameKey = (key: readonly unknown[]): string =>
  key.map((part) => textOf(part) ?? JSON.stringify(part) ?? 'missing').join(' ');

/**
 * Looks up many pointers at once.
 * @param findMissing which of these ids lead nowhere, read from the store
 * @returns a test for the same values: true when one is no id or leads nowhere
 */
export async function danglingAmong(
  pointers: readonly unknown[],
  findMissing: (ids: string[]) => Promise<Iterable<string>>,
): Promise<(pointer: unknown) => boolean> {
  const ids = new Set(pointers.flatMap((pointer) => textOf(pointer) ?? []));
  const missing = new Set(await findMissing([...ids]));
  return (pointer) => {
    const id = textOf(pointer);
    return id === undefined || missing.has(id);
  };
}
