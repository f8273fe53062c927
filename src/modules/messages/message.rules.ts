import { isDeepStrictEqual } from 'node:util';
import {
  ChannelType,
  dmConversationId,
  groupConversationId,
  type Message,
  type MessageType,
  parseConversationId,
  type SendMessage,
} from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';

/** A message before it has a place in its conversation. */
export type MessageDraft = Pick<Message, 'conversationId' | 'senderId' | 'clientMsgId' | 'type' | 'content'>;

export interface NumberedMessage {
  message: Message;
  uncounted: boolean;
}

/** Where a message goes. */
export type Target =
  | { channelType: typeof ChannelType.person; conversationId: string; peerId: string }
  | { channelType: typeof ChannelType.group; conversationId: string; groupId: string };

/** @throws AppError CONVERSATION_NOT_FOUND when it is a dm of others */
export function targetOf(
  senderId: string,
  { conversationId, to }: Pick<SendMessage, 'conversationId' | 'to'>,
): Target {
  if (to && 'userId' in to) {
    const peerId = to.userId;
    return { channelType: ChannelType.person, conversationId: dmConversationId(senderId, peerId), peerId };
  }
  if (to) return groupTarget(to.groupId);
  const ref = parseConversationId(conversationId ?? '');
  if (ref?.channelType === ChannelType.group) return groupTarget(ref.groupId);
  if (!ref?.members.includes(senderId)) throw new AppError('CONVERSATION_NOT_FOUND');
  const [a, b] = ref.members;
  return targetOf(senderId, { to: { userId: a === senderId ? b : a } });
}

const groupTarget = (groupId: string): Target => ({
  channelType: ChannelType.group,
  conversationId: groupConversationId(groupId),
  groupId,
});

/** What a second send of one `clientMsgId` must repeat. */
export const isSameSend = (a: MessageDraft, b: MessageDraft): boolean =>
  a.conversationId === b.conversationId &&
  a.type === b.type &&
  isDeepStrictEqual(asJson(a.content), asJson(b.content));

/** As the content is after the wire and the store: JSON knows no -0, for one. */
const asJson = (content: object): unknown => JSON.parse(JSON.stringify(content));

export const sendKey = (send: Pick<MessageDraft, 'senderId' | 'clientMsgId'>): string =>
  `${send.senderId} ${send.clientMsgId}`;

const UNCOUNTED_TYPES: ReadonlySet<MessageType> = new Set(['system']);

/** Messages of the system never count as unread. */
export const isUncounted = (type: MessageType): boolean => UNCOUNTED_TYPES.has(type);
