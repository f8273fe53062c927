import { z } from 'zod';
import { ClientId, ConversationId, GroupId, Seq, UserId } from './ids.js';
import { Json, text, whyNotStorable } from './json.js';
import { queryInt } from './paging.js';

/** Longest text, in UTF-16 code units. */
export const MAX_TEXT = 20_000;
/** Largest content of a custom message, in characters of its JSON. */
export const MAX_CUSTOM = 65_536;
/** Most messages one pull answers. */
export const MAX_PULL = 500;

export const TextContent = z.strictObject({ text: text(MAX_TEXT) });
/** `name` says what it is, `data` is the application's own. */
export const CustomContent = z
  .strictObject({ name: text(64).min(1), data: Json.optional() })
  .refine(
    (content) => whyNotStorable(content.data) !== null || JSON.stringify(content).length <= MAX_CUSTOM,
    `must be at most ${MAX_CUSTOM} characters of JSON`,
  )
  .describe(`At most ${MAX_CUSTOM} characters of JSON.`);

const addressed = {
  conversationId: ConversationId.optional(),
  to: z.union([z.strictObject({ userId: UserId }), z.strictObject({ groupId: GroupId })]).optional(),
  clientMsgId: ClientId,
};

/** `message:send` and `POST /messages`: either `conversationId` or `to`. */
export const SendMessage = z
  .discriminatedUnion('type', [
    z.strictObject({ ...addressed, type: z.literal('text'), content: TextContent }),
    z.strictObject({ ...addressed, type: z.literal('custom'), content: CustomContent }),
  ])
  .refine(
    (m) => (m.conversationId === undefined) !== (m.to === undefined),
    'give either conversationId or to',
  )
  .describe('Give either conversationId or to. The same clientMsgId again answers the same message.');

export const MessageType = z.enum(['text', 'custom', 'system']);

/** A stored message. `sentAt` is the server's clock in epoch milliseconds; `seq` has no hole in its conversation. */
export const Message = z.object({
  messageId: z.string(),
  conversationId: z.string(),
  seq: z.int(),
  senderId: z.string(),
  clientMsgId: z.string(),
  type: MessageType,
  content: z.record(z.string(), z.unknown()),
  sentAt: z.int(),
});
export const MessageResult = z.object({ message: Message });

/** `fromSeq` and `toSeq` are inclusive; without them the newest page. */
export const PullMessages = z.strictObject({
  conversationId: ConversationId,
  fromSeq: Seq.optional(),
  toSeq: Seq.optional(),
  limit: z.int().min(1).max(MAX_PULL).optional(),
});
/** `before` and `after` are exclusive; without them the newest page. */
export const HistoryQuery = z.strictObject({
  before: queryInt.optional(),
  after: queryInt.optional(),
  limit: queryInt.pipe(z.int().min(1).max(MAX_PULL)).optional(),
});
/** Ascending by `seq`; fewer than asked for when they are large. `maxSeq` and `minSeq` bound what the reader may see; `minSeq` > `maxSeq` when that is nothing. */
export const MessagePage = z.object({ messages: z.array(Message), maxSeq: z.int(), minSeq: z.int() });

export const ReadConversation = z.strictObject({ conversationId: ConversationId, seq: Seq });
export const ReadBody = z.strictObject({ seq: Seq });
export const ReadResult = z.object({ readSeq: z.int(), unread: z.int() });

export type SendMessage = z.infer<typeof SendMessage>;
export type MessageType = z.infer<typeof MessageType>;
export type Message = z.infer<typeof Message>;
export type PullMessages = z.infer<typeof PullMessages>;
export type HistoryQuery = z.infer<typeof HistoryQuery>;
export type MessagePage = z.infer<typeof MessagePage>;
export type ReadConversation = z.infer<typeof ReadConversation>;
export type ReadBody = z.infer<typeof ReadBody>;
export type ReadResult = z.infer<typeof ReadResult>;
