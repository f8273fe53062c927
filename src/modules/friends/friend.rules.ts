import type { User } from '@nestim/protocol';
import { type Stored, textOf } from '../../common/stored.js';
import type { FriendRow } from './friend.schema.js';

/**
 * What a friend row is worth:
 * `ok`, `missing-user` (it points to a user that is gone), or `unnamed` (it does not say to whom it points).
 */
export type FriendState = 'ok' | 'missing-user' | 'unnamed';

export function friendState(row: Stored<FriendRow>, users: ReadonlyMap<string, User>): FriendState {
  const friendId = textOf(row.friendId);
  if (friendId === undefined) return 'unnamed';
  return users.has(friendId) ? 'ok' : 'missing-user';
}
