import type { GroupRole } from '@nestim/protocol';
import { Schema, type Types } from 'mongoose';

/** There while the user is a member; leaving deletes it. */
export interface GroupMemberRow {
  _id: Types.ObjectId;
  groupId: string;
  userId: string;
  role: GroupRole;
  joinedAt: number;
}

export const GROUP_MEMBER_MODEL = 'GroupMember';
export const GroupMemberSchema = new Schema<GroupMemberRow>(
  {
    groupId: { type: String, required: true },
    userId: { type: String, required: true },
    role: { type: String, required: true },
    joinedAt: { type: Number, required: true },
  },
  { collection: 'group_members', versionKey: false, strict: 'throw' },
);

// One row a member; serves the role of a sender and the list, paged by userId.
GroupMemberSchema.index({ groupId: 1, userId: 1 }, { unique: true });
// The groups of a user.
GroupMemberSchema.index({ userId: 1, groupId: 1 });
