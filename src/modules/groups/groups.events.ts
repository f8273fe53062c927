import { defineEvent } from '../../infra/events/domain-events.js';

export interface GroupMembersChange {
  groupId: string;
  joined: string[];
  left: string[];
  /** Writes or deletes the member rows. The listener calls it once, after the conversation rows are written. */
  commit: () => Promise<void>;
}

/**
 * Announced *within* a join, a leave or a creation. The listener runs it between two commits of the group's
 * conversation and answers the seq at which the (first) user's window opened or closed; for a user that had already
 * joined or left, the seq of back then.
 */
export const GroupMembersChanging = defineEvent<GroupMembersChange, number>('group.members-changing');

/** Announced *within* a check of the data. The listener runs `look` when this process changes no member of the group. */
export const GroupMembersInspected = defineEvent<{ groupId: string; look: () => Promise<void> }>(
  'group.members-inspected',
);
