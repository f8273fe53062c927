import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { ChannelType } from '@nestim/protocol';

/** One row for each owner and channel. All sequence numbers are the last one *excluded* from what follows it. */
@Schema({ collection: 'conversations', versionKey: false, strict: 'throw' })
export class ConversationRecord {
  @Prop({ type: String, required: true })
  ownerId!: string;

  @Prop({ type: String, required: true })
  channelId!: string;

  @Prop({ type: Number, required: true })
  channelType!: ChannelType;

  /** Head at the moment of joining. */
  @Prop({ type: Number, required: true })
  joinSeq!: number;

  /** Head at the moment of leaving; null while a member. */
  @Prop({ type: Number, default: null })
  leftSeq!: number | null;

  @Prop({ type: Number, required: true })
  readSeq!: number;

  /** The owner cleared everything up to here. */
  @Prop({ type: Number, required: true })
  clearedSeq!: number;

  @Prop({ type: Number, required: true })
  createdAt!: number;
}

export const ConversationSchema = SchemaFactory.createForClass(ConversationRecord);

// One row per owner and channel (G4); serves the owner's list in channel order and every look-up.
ConversationSchema.index({ ownerId: 1, channelId: 1, channelType: 1 }, { unique: true });
// Serves the rows of one channel: opening and closing windows, checks of a channel.
ConversationSchema.index({ channelId: 1, ownerId: 1 });
