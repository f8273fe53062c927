import { AppError } from './app-error.js';

/** Cursors are opaque to clients; inside they are the last key of the page. */
export const encodeCursor = (lastKey: string): string => Buffer.from(lastKey, 'utf8').toString('base64url');

/** @throws AppError BAD_REQUEST when it is not a cursor of ours. */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (key === '' || encodeCursor(key) !== cursor) throw new AppError('BAD_REQUEST', { field: 'cursor' });
  return key;
}

export const DEFAULT_PAGE = 50;

/** Sorts before every id, so that a page of nothing but damaged keys still has a cursor to go on from. */
const BEFORE_ANY_KEY = ' ';

/**
 * Cuts a page out of `limit + 1` rows that were read in key order.
 * Rows whose key is no text (damaged) are part of the page, but the cursor passes over them.
 */
export function cutPage<Row>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
): { page: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  if (rows.length <= limit) return { page, nextCursor: null };
  const lastKey = page.map(keyOf).findLast((key) => typeof key === 'string' && key !== '');
  return { page, nextCursor: encodeCursor((lastKey as string | undefined) ?? BEFORE_ANY_KEY) };
}
