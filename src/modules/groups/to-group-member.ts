import type { GroupMember, GroupRole, User } from '@nestim/protocol';
import { type BadRowReport, intOf, type Stored, textOf } from '../../common/stored.js';
import { deletedUser } from '../users/index.js';
import type { GroupMemberRow } from './group-member.schema.js';

/** What is not known to be the owner is a member. */
export const toRole = (role: unknown): GroupRole => (role === 'owner' ? 'owner' : 'member');

/** A member of a list; one whose user is gone is shown as a deleted user, a row that names nobody is null. Never throws. */
export function toGroupMember(
  row: Stored<GroupMemberRow>,
  users: ReadonlyMap<string, User>,
  badRows: BadRowReport,
): GroupMember | null {
  const userId = textOf(row.userId);
  if (userId === undefined) {
    badRows.report('group_member_unnamed', String(row._id));
    return null;
  }
  const user = users.get(userId);
  if (!user) badRows.report('group_member_missing_user', String(row._id));
  return {
    userId,
    user: user ?? deletedUser(userId),
    role: toRole(row.role),
    joinedAt: intOf(row.joinedAt) ?? 0,
  };
}
