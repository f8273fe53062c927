import { z } from 'zod';
import { ClientId, UserId } from './ids.js';
import { text } from './json.js';
import { User } from './users.js';

export const JoinMode = z.enum(['open', 'closed']);

export const CreateGroup = z.strictObject({
  name: text(128).min(1),
  memberIds: z.array(UserId).max(10_000),
  joinMode: JoinMode.optional(),
  clientId: ClientId.optional(),
});
export const Group = z.object({
  groupId: z.string(),
  conversationId: z.string(),
  name: z.string(),
  ownerId: z.string(),
  joinMode: JoinMode,
  createdAt: z.int(),
});
export const GroupResult = z.object({ group: Group });
export const GroupRole = z.enum(['owner', 'member']);
export const GroupMember = z.object({ userId: z.string(), user: User, role: GroupRole, joinedAt: z.int() });
export const GroupMemberList = z.object({ members: z.array(GroupMember), nextCursor: z.string().nullable() });
export const JoinResult = z.object({ group: Group, joinSeq: z.int() });
export const LeaveResult = z.object({ leftSeq: z.int() });

export type JoinMode = z.infer<typeof JoinMode>;
export type JoinResult = z.infer<typeof JoinResult>;
export type LeaveResult = z.infer<typeof LeaveResult>;
export type CreateGroup = z.infer<typeof CreateGroup>;
export type Group = z.infer<typeof Group>;
export type GroupRole = z.infer<typeof GroupRole>;
export type GroupMember = z.infer<typeof GroupMember>;
export type GroupMemberList = z.infer<typeof GroupMemberList>;
