import { type Message } from '@nestim/protocol';
import { Types } from 'mongoose';
import type { NumberedMessage } from './message.rules.js';
import type { MessageRecord } from './message.schema.js';

export type StoredMessage = MessageRecord & { _id: Types.ObjectId };

export const newMessageId = (): string => new Types.ObjectId().toHexString();

export const toRecord = ({ message, uncounted }: NumberedMessage, revision: number): StoredMessage => {
  const { messageId, conversationId, seq, senderId, clientMsgId, type, sentAt } = message;
  const _id = Types.ObjectId.createFromHexString(messageId);
  const content = toStoredContent(message);
  const record = { _id, conversationId, seq, senderId, clientMsgId, type, content, sentAt, revision };
  return uncounted ? { ...record, uncounted } : record;
};

/**
 * The data of a custom message are stored as JSON text. As a document they would not come back as they were sent:
 * BSON gives `_bsontype`, `$ref` with `$id`, and numbers a meaning of its own.
 */
function toStoredContent({ type, content }: Message): Record<string, unknown> {
  if (type !== 'custom' || content.data === undefined) return content;
  return { name: content.name, json: JSON.stringify(content.data) };
}

/** Row to wire. A row with missing or broken parts is given as far as it goes: a list never fails on it. */
export const toMessage = (stored: StoredMessage): Message => ({
  messageId: String(stored._id),
  conversationId: stored.conversationId,
  seq: stored.seq,
  senderId: stored.senderId ?? '',
  clientMsgId: stored.clientMsgId ?? '',
  type: stored.type ?? 'system',
  content: toContent(stored),
  sentAt: stored.sentAt ?? 0,
});

function toContent({ type, content }: StoredMessage): Record<string, unknown> {
  if (type !== 'custom' || typeof content?.json !== 'string') return content ?? {};
  try {
    return { name: content.name, data: JSON.parse(content.json) as unknown };
  } catch {
    return { name: content.name };
  }
}

/** About how many bytes a stored message adds to a page. */
export function weightOf({ content }: StoredMessage): number {
  const text = content?.text ?? content?.json;
  return 512 + (typeof text === 'string' ? text.length * 2 : 0);
}
