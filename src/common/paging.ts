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
