import { decodeCursor, encodeCursor } from '../../common/paging.js';

/** Where a client's sync stands. */
export interface SyncCursor {
  /** The store that the revisions belong to. */
  readonly epoch: string;
  /** Every change up to here is known to the client; 0: nothing is. */
  readonly since: number;
  /** What `since` becomes when the pages are through: everything up to it was stored when the first page was made. */
  readonly until: number;
  /** The part of the states that comes next, and the last key in it; between two runs there is none. */
  readonly part: 'conversations' | 'friends' | null;
  readonly after: string;
}

const FORM = /^([^.]+)\.(\d{1,16})\.(\d{1,16})\.([cf-])\.(.*)$/;
const PARTS = { c: 'conversations', f: 'friends', '-': null } as const;

export function encodeSyncCursor({ epoch, since, until, part, after }: SyncCursor): string {
  return encodeCursor([epoch, since, until, part?.[0] ?? '-', after].join('.'));
}

/** @throws AppError BAD_REQUEST when it is no cursor at all. @returns null for one of another form */
export function decodeSyncCursor(text: string): SyncCursor | null {
  const found = FORM.exec(decodeCursor(text));
  if (!found) return null;
  const [, epoch = '', since, until, part, after = ''] = found;
  return {
    epoch,
    since: Number(since),
    until: Number(until),
    part: PARTS[part as keyof typeof PARTS],
    after,
  };
}
