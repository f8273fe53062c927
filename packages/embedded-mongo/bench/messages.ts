import { ObjectId } from 'bson';

/** A document like NestIM's messages, about 350 bytes of BSON. */
export interface Message {
  _id: ObjectId;
  conversationId: string;
  seq: number;
  senderId: string;
  clientMsgId: string;
  type: string;
  content: { text: string };
  sentAt: number;
}

const TEXT =
  'The quick brown fox jumps over the lazy dog, and 12 boxing wizards look on: zażółć gęślą jaźń, 敏捷的棕色狐狸。 See you at 7?';

/** The unique indexes that NestIM keeps over its messages, besides `_id`. */
export const INDEXES = [
  { key: { conversationId: 1, seq: 1 }, unique: true },
  { key: { senderId: 1, clientMsgId: 1 }, unique: true },
] as const;

/** Messages of one conversation. */
export const PER_CONVERSATION = 1000;

/** Names a conversation by its number. */
export const conversation = (number: number): string => `c_${number.toString(16).padStart(24, '0')}`;

/** Makes messages that come in turn to each of so many conversations; `clientMsgId` scatters as a UUID does. */
export class MessageSource {
  private made = 0;

  constructor(private readonly conversations: number) {}

  next(): Message {
    const number = this.made++;
    return {
      _id: new ObjectId(),
      conversationId: conversation(number % this.conversations),
      seq: Math.floor(number / this.conversations),
      senderId: `u_${(number % 97).toString(16).padStart(24, '0')}`,
      clientMsgId: scattered(number),
      type: 'text',
      content: { text: TEXT },
      sentAt: 1_700_000_000_000 + number,
    };
  }

  batch(size: number): Message[] {
    return Array.from({ length: size }, () => this.next());
  }
}

/** A different text for every number, in the form of a UUID and in no order. */
function scattered(number: number): string {
  const a = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const b = Math.imul(a ^ (a >>> 15), 0x85ebca6b) >>> 0;
  const hex = a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13)}-8000-${hex.slice(0, 12)}`;
}
