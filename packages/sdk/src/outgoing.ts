import type { SendMessage } from '@nestim/protocol';

type Without<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never;

/** Where a message goes: to a conversation, a person or a group. */
export type Target =
  | { conversationId: string; to?: undefined }
  | { to: { userId: string } | { groupId: string }; conversationId?: undefined };

/** What a message says, by its `type`. */
export type MessageBody = Without<SendMessage, 'clientMsgId' | 'conversationId' | 'to'>;

/**
 * What `messages.send()` takes.
 * @example { to: { userId: 'bob' }, type: 'text', content: { text: 'Hello' } }
 * @example { conversationId: 'group:42', type: 'custom', content: { name: 'poll', data: { choices: ['a', 'b'] } } }
 */
export type MessageInput = Target &
  MessageBody & {
    /** The same id never makes two messages; made by the client unless given. 1–64 visible ASCII characters. */
    clientMsgId?: string;
  };

/** A message to be sent, complete with its id. */
export type OutgoingMessage = Target & MessageBody & { clientMsgId: string };

/** `dm:<a>:<b>`, sorted by bytes, as the server spells it. */
export const dmIdOf = (a: string, b: string): string => (a < b ? `dm:${a}:${b}` : `dm:${b}:${a}`);

/** The conversation that a message goes to when `me` sends it. */
export function conversationIdOf({ conversationId, to }: Target, me: string): string {
  if (conversationId !== undefined) return conversationId;
  return 'userId' in to ? dmIdOf(me, to.userId) : `group:${to.groupId}`;
}

/**
 * A copy as it goes over the wire: what the caller does with his object later must not change what a repetition
 * says, and whoever gives a whole group or user as `to` means its id.
 */
export function toOutgoing({ clientMsgId = newClientMsgId(), to, ...rest }: MessageInput): OutgoingMessage {
  const target = to && ('userId' in to ? { userId: to.userId } : { groupId: to.groupId });
  return JSON.parse(JSON.stringify({ ...rest, to: target, clientMsgId })) as OutgoingMessage;
}

/** 128 random bits. `crypto.randomUUID` is missing on pages that were not loaded over https. */
function newClientMsgId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
