import { z } from 'zod';
import { User } from './users.js';

/** One friend of mine; `user.deleted` is true when the user is gone. */
export const Friend = z.object({ userId: z.string(), user: User, remark: z.string(), createdAt: z.int() });
export const FriendResult = z.object({ friend: Friend });
export const FriendList = z.object({ friends: z.array(Friend), nextCursor: z.string().nullable() });

export type Friend = z.infer<typeof Friend>;
export type FriendList = z.infer<typeof FriendList>;
export type FriendResult = z.infer<typeof FriendResult>;
