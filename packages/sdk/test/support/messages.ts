import type { Conversation, Message } from '@nestim/protocol';

export const aMessage = (fields: Partial<Message> = {}): Message => {
  const seq = fields.seq ?? 1;
  return {
    messageId: `m${seq}`,
    conversationId: 'group:g',
    seq,
    senderId: 'bob',
    clientMsgId: `c${seq}`,
    type: 'text',
    content: { text: String(seq) },
    sentAt: seq,
    ...fields,
  };
};

export const aConversation = (fields: Partial<Conversation> = {}): Conversation => ({
  conversationId: 'group:g',
  channelType: 2,
  lastMessage: null,
  maxSeq: 0,
  minSeq: 1,
  readSeq: 0,
  unread: 0,
  active: true,
  ...fields,
});

/** Small repeatable random numbers in [0, 1). */
export function someRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 4_294_967_296;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other]!, copy[at]!];
  }
  return copy;
}
