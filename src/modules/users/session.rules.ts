import type { Stored } from '../../common/stored.js';
import type { SessionRow } from './session.schema.js';

/** For how long the token that was just replaced is answered again: answers get lost, and tabs race. */
export const REPEAT_WINDOW_MS = 60_000;

/** For how long an ended session is kept, so that who comes back with its tokens is told that it was ended. */
export const ENDED_KEPT_MS = 7 * 24 * 3_600_000;

export function isLive(row: Stored<SessionRow>, now: number): boolean {
  return row.revokedAt === undefined && typeof row.expiresAt === 'number' && row.expiresAt > now;
}

/**
 * What a presented refresh token calls for.
 * - `rotate`: it is the valid one; - `repeat`: it was replaced a moment ago, the same replacement is due;
 * - `reuse`: it was replaced long ago, so someone else holds it: the session must end;
 * - `ended`: the session is over; - `unknown`: not a token of this session.
 */
export type Rotation = 'rotate' | 'repeat' | 'reuse' | 'ended' | 'unknown';

export function rotationFor(row: Stored<SessionRow>, presentedHash: string, now: number): Rotation {
  const isCurrent = row.refreshHash === presentedHash;
  if (!isCurrent && row.previousHash !== presentedHash) return 'unknown';
  if (!isLive(row, now)) return 'ended';
  if (isCurrent) return 'rotate';
  const { rotatedAt } = row;
  return typeof rotatedAt === 'number' && now - rotatedAt <= REPEAT_WINDOW_MS ? 'repeat' : 'reuse';
}
