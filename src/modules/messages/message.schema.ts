import type { MessageType } from '@nestim/protocol';
import { Schema } from 'mongoose';

/** One stored message. Its `_id` (an ObjectId) is the messageId. Never deleted above its channel's first one. */
export interface MessageRecord {
  conversationId: string;
  seq: number;
  senderId: string;
  clientMsgId: string;
  type: MessageType;
  content: Record<string, unknown>;
  sentAt: number;
  /** Present and true on messages that never count as unread. */
  uncounted?: true;
  /** Of its storing; absent on messages from before there were revisions. */
  revision?: number;
}

export const MESSAGE_MODEL = 'Message';
export const MessageSchema = new Schema<MessageRecord>(
  {
    conversationId: { type: String, required: true },
    seq: { type: Number, required: true },
    senderId: { type: String, required: true },
    clientMsgId: { type: String, required: true },
    type: { type: String, required: true },
    content: { type: Schema.Types.Mixed, required: true },
    sentAt: { type: Number, required: true },
    uncounted: Boolean,
    revision: Number,
  },
  { collection: 'messages', versionKey: false, strict: 'throw' },
);

// The order of a conversation and its counter: head, history pages, gap checks (G3).
MessageSchema.index({ conversationId: 1, seq: 1 }, { unique: true });
// Exactly once (G2): one message for each id that a sender's client made.
MessageSchema.index({ senderId: 1, clientMsgId: 1 }, { unique: true });
// Newest own message in a conversation, for unread (G5).
MessageSchema.index({ conversationId: 1, senderId: 1, seq: -1 });
// What is subtracted from unread (G5); named, since its keys are those of the first index.
MessageSchema.index(
  { conversationId: 1, seq: 1 },
  { name: 'uncounted_conversationId_seq', partialFilterExpression: { uncounted: true } },
);
