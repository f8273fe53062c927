import type { User } from '@nestim/protocol';
import { type BadRowReport, intOf, type Stored, textOf } from '../../common/stored.js';
import type { UserRow } from './user.schema.js';

/** What stands for a user that is gone. */
export const deletedUser = (userId: string): User => ({ userId, nickname: 'Deleted user', deleted: true });

/** A user as others see it, or null when the row does not even say who it is. Never throws. */
export function toUser(row: Stored<UserRow>, badRows: BadRowReport): User | null {
  const userId = textOf(row._id);
  if (userId === undefined) {
    badRows.report('user_unnamed', String(row._id));
    return null;
  }
  const username = textOf(row.username);
  const nickname = textOf(row.nickname);
  const createdAt = intOf(row.createdAt);
  if (nickname === undefined || createdAt === undefined) badRows.report('user_incomplete', userId);
  return {
    userId,
    ...(username !== undefined && { username }),
    nickname: nickname ?? username ?? userId,
    ...(createdAt !== undefined && { createdAt }),
  };
}
