import type { ChannelType } from '@nestim/protocol';
import { Schema } from 'mongoose';

/** One row for each owner and channel. All sequence numbers are the last one *excluded* from what follows it. */
export interface ConversationRecord {
  ownerId: string;
  channelId: string;
  channelType: ChannelType;
  /** Head at the moment of joining. */
  joinSeq: number;
  /** Head at the moment of leaving; null while a member. */
  leftSeq: number | null;
  readSeq: number;
  /** The owner cleared everything up to here. */
  clearedSeq: number;
  createdAt: number;
  /** Of the row's last change; absent on rows from before there were revisions. */
  revision?: number;
}

export const CONVERSATION_MODEL = 'Conversation';
export const ConversationSchema = new Schema<ConversationRecord>(
  {
    ownerId: { type: String, required: true },
    channelId: { type: String, required: true },
    channelType: { type: Number, required: true },
    joinSeq: { type: Number, required: true },
    leftSeq: { type: Number, default: null },
    readSeq: { type: Number, required: true },
    clearedSeq: { type: Number, required: true },
    createdAt: { type: Number, required: true },
    revision: Number,
  },
  { collection: 'conversations', versionKey: false, strict: 'throw' },
);

// One row per owner and channel (G4); serves the owner's list in channel order and every look-up.
ConversationSchema.index({ ownerId: 1, channelId: 1, channelType: 1 }, { unique: true });
// Serves the rows of one channel: opening and closing windows, checks of a channel.
ConversationSchema.index({ channelId: 1, ownerId: 1 });
