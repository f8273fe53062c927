import { z } from 'zod';
import { Group } from './groups.js';
import { Message } from './messages.js';
import { Cursor, PageLimit } from './paging.js';
import { User } from './users.js';

export const ListConversations = z.strictObject({ cursor: Cursor.optional(), limit: PageLimit.optional() });

/**
 * A conversation as its owner sees it. The sequence numbers bound the owner's window: `minSeq` is the first
 * readable message, `maxSeq` the last (`minSeq` > `maxSeq` when there is none).
 */
export const Conversation = z.object({
  conversationId: z.string(),
  channelType: z.union([z.literal(1), z.literal(2)]),
  /** The other person of a dm; `deleted` when gone. */
  peer: User.optional(),
  group: Group.optional(),
  lastMessage: Message.nullable(),
  maxSeq: z.int(),
  minSeq: z.int(),
  readSeq: z.int(),
  unread: z.int(),
  /** False after the owner left the group. */
  active: z.boolean(),
});
export const ConversationList = z.object({
  conversations: z.array(Conversation),
  nextCursor: z.string().nullable(),
});

/** Pushed to the reader's other devices and, in a dm, to the peer. */
export const Receipt = z.object({ conversationId: z.string(), userId: z.string(), readSeq: z.int() });

export type ListConversations = z.infer<typeof ListConversations>;
export type Conversation = z.infer<typeof Conversation>;
export type ConversationList = z.infer<typeof ConversationList>;
export type Receipt = z.infer<typeof Receipt>;
