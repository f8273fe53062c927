import type { Friend, User } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { type BadRowReport, intOf, type Stored, textOf } from '../../common/stored.js';
import { deletedUser } from '../users/index.js';
import { friendState } from './friend.rules.js';
import type { FriendRow } from './friend.schema.js';

/**
 * An entry of a list: a friend whose user is gone is shown as a deleted user, a row that names nobody is null.
 * Never throws: one bad row costs no other row.
 */
export function toFriend(
  row: Stored<FriendRow>,
  users: ReadonlyMap<string, User>,
  badRows: BadRowReport,
): Friend | null {
  const userId = textOf(row.friendId);
  if (userId === undefined) {
    badRows.report('friend_unnamed', String(row._id));
    return null;
  }
  if (friendState(row, users) === 'missing-user') badRows.report('friend_missing_user', String(row._id));
  return {
    userId,
    user: users.get(userId) ?? deletedUser(userId),
    remark: textOf(row.remark) ?? '',
    createdAt: intOf(row.createdAt) ?? 0,
  };
}

/** A friend asked for by name. @throws AppError INVALID_FRIEND_RECORD when the row does not lead to a user. */
export function toSingleFriend(
  row: Stored<FriendRow>,
  users: ReadonlyMap<string, User>,
  badRows: BadRowReport,
): Friend {
  const friend = toFriend(row, users, badRows);
  if (!friend || friend.user.deleted) throw new AppError('INVALID_FRIEND_RECORD', { userId: row.friendId });
  return friend;
}
