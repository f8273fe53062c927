import { ChannelType, COMMAND_SUFFIX, type ConversationRef, parseConversationId } from '@nestim/protocol';
import { textOf } from '../../common/stored.js';
import { type ConversationRow, toConversationRow } from './conversation.rules.js';

/** What a conversation row is of: a group, or a person beside its owner (who may be the owner himself). */
export interface RowChannel {
  readonly row: ConversationRow;
  readonly groupId?: string;
  readonly peerId?: string;
}

/** Reads a channel id, which is a conversation id or that of its command twin. */
export const refOfChannel = (channelId: string): ConversationRef | null =>
  parseConversationId(
    channelId.endsWith(COMMAND_SUFFIX) ? channelId.slice(0, -COMMAND_SUFFIX.length) : channelId,
  );

/** Reads a row as it lies in the store; null when its fields do not make a conversation. Knows the command twins. */
export function channelOfRow(stored: Partial<Record<keyof ConversationRow, unknown>>): RowChannel | null {
  const row = toConversationRow(stored);
  if (!row || textOf(row.ownerId) === undefined) return null;
  const { channelId, channelType, ownerId } = row;
  const ref = refOfChannel(channelId);
  if (ref?.channelType !== channelType) return null;
  if (ref.channelType === ChannelType.group) return { row, groupId: ref.groupId };
  const [a, b] = ref.members;
  if (ownerId !== a && ownerId !== b) return null;
  return { row, peerId: ownerId === a ? b : a };
}
