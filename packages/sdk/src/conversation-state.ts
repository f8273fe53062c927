import type { Conversation, Message } from '@nestim/protocol';

const counts = (message: Message, me: string): boolean =>
  message.type !== 'system' && message.senderId !== me;

/** The conversation after its next message; one that another device has read already does not count. */
export function withNext(conversation: Conversation, message: Message, me: string): Conversation {
  const { readSeq, unread } = conversation;
  const adds = counts(message, me) && message.seq > readSeq ? 1 : 0;
  return {
    ...conversation,
    lastMessage: message,
    maxSeq: message.seq,
    unread: message.senderId === me ? 0 : unread + adds,
  };
}

/**
 * What is unread by the held messages (a run that ends at the newest): those after my read position and after my
 * own newest one. Null when the run does not reach back far enough to tell.
 */
export function recount(
  { readSeq, minSeq, maxSeq }: Conversation,
  held: readonly Message[],
  me: string,
): number | null {
  const base = Math.max(readSeq, minSeq - 1);
  if (base >= maxSeq) return 0;
  if (held.at(-1)?.seq !== maxSeq) return null;
  const own = held.findLast(({ senderId }) => senderId === me)?.seq;
  const first = held[0]?.seq ?? Infinity;
  if (own === undefined && first > base + 1) return null;
  const from = Math.max(base, own ?? 0);
  return held.filter((message) => message.seq > from && counts(message, me)).length;
}

const lastActivity = ({ lastMessage, group }: Conversation): number =>
  lastMessage?.sentAt ?? group?.createdAt ?? 0;

/** Newest activity first; the id decides between equals, so that the order is the same everywhere. */
export function byActivity(a: Conversation, b: Conversation): number {
  return lastActivity(b) - lastActivity(a) || (a.conversationId < b.conversationId ? -1 : 1);
}
