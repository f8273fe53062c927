import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { MessageType } from '@nestim/protocol';
import { Schema as MongooseSchema } from 'mongoose';

/** One stored message. Its `_id` (an ObjectId) is the messageId. Never deleted above its channel's first one. */
@Schema({ collection: 'messages', versionKey: false, strict: 'throw' })
export class MessageRecord {
  @Prop({ type: String, required: true })
  conversationId!: string;

  @Prop({ type: Number, required: true })
  seq!: number;

  @Prop({ type: String, required: true })
  senderId!: string;

  @Prop({ type: String, required: true })
  clientMsgId!: string;

  @Prop({ type: String, required: true })
  type!: MessageType;

  @Prop({ type: MongooseSchema.Types.Mixed, required: true })
  content!: Record<string, unknown>;

  @Prop({ type: Number, required: true })
  sentAt!: number;

  /** Present and true on messages that never count as unread. */
  @Prop({ type: Boolean })
  uncounted?: true;
}

export const MessageSchema = SchemaFactory.createForClass(MessageRecord);

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
