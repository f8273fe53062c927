import { Platform, type Session } from '@nestim/protocol';
import { type BadRowReport, intOf, type Stored, textOf } from '../../common/stored.js';
import type { SessionRow } from './session.schema.js';

/** A login as its owner sees it, or null when the row does not say which it is. Never throws. */
export function toSession(
  row: Stored<SessionRow>,
  currentSessionId: string,
  badRows: BadRowReport,
): Session | null {
  const sessionId = textOf(row._id);
  if (sessionId === undefined) {
    badRows.report('session_unnamed', String(row._id));
    return null;
  }
  const platform = Platform.safeParse(row.platform);
  const createdAt = intOf(row.createdAt);
  const expiresAt = intOf(row.expiresAt);
  if (!platform.success || createdAt === undefined || expiresAt === undefined) {
    badRows.report('session_incomplete', sessionId);
  }
  return {
    sessionId,
    platform: platform.data ?? 'other',
    createdAt: createdAt ?? 0,
    expiresAt: expiresAt ?? 0,
    current: sessionId === currentSessionId,
  };
}
