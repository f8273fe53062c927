import { type Group, groupConversationId } from '@nestim/protocol';
import { type BadRowReport, intOf, type Stored, textOf } from '../../common/stored.js';
import type { GroupRow } from './group.schema.js';

/** A group as its members see it, or null when the row does not say which it is. Never throws. */
export function toGroup(row: Stored<GroupRow>, badRows: BadRowReport): Group | null {
  const groupId = textOf(row._id);
  if (groupId === undefined) {
    badRows.report('group_unnamed', String(row._id));
    return null;
  }
  const name = textOf(row.name);
  const ownerId = textOf(row.ownerId);
  const createdAt = intOf(row.createdAt);
  if (name === undefined || ownerId === undefined || createdAt === undefined) {
    badRows.report('group_incomplete', groupId);
  }
  return {
    groupId,
    conversationId: groupConversationId(groupId),
    name: name ?? 'Unnamed group',
    ownerId: ownerId ?? '',
    // What is not known to be open stays closed.
    joinMode: row.joinMode === 'open' ? 'open' : 'closed',
    createdAt: createdAt ?? 0,
  };
}
