import type { Message } from '@nestim/protocol';
import type { Courier } from './courier.js';
import type { Store } from './store.js';

/** The server's largest page. */
const MAX_PAGE = 500;

/** Which part of a conversation's past is wanted. */
export interface HistoryQuery {
  /** Messages with a smaller `seq` than this; the newest without it. */
  before?: number;
  /** Most messages of the page, up to 500. @default 50 */
  limit?: number;
}

export interface HistoryPage {
  /** Ascending by `seq`, without a hole; fewer than asked for when they are large. */
  messages: readonly Message[];
  /** Whether there are older ones: ask again with `before` as the first one's `seq`. */
  more: boolean;
}

/** Pages backwards: from what is held as far as it reaches, else from the server. */
export async function fetchHistory(
  store: Store,
  courier: Courier,
  conversationId: string,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const { before = Infinity } = query;
  const limit = Math.min(query.limit ?? 50, MAX_PAGE);
  const conversation = store.findConversation(conversationId);
  const timeline = store.findTimeline(conversationId);
  if (conversation && timeline) {
    const to = Math.min(before - 1, conversation.maxSeq);
    const from = Math.max(to - limit + 1, conversation.minSeq);
    const messages = timeline.between(from, to);
    if (messages) return { messages, more: from > conversation.minSeq };
  }
  const request = { conversationId, limit, ...(before < Infinity && { toSeq: Math.max(0, before - 1) }) };
  const page = await courier.ask('message:pull', request);
  timeline?.prepend(page.messages);
  const first = page.messages[0]?.seq;
  return { messages: page.messages, more: first !== undefined && first > page.minSeq };
}
