import type { Conversation, Friend, Group, Receipt } from '@nestim/protocol';
import type { Channel } from './channel.js';

/** What is no longer mine. */
export type Removed = { kind: 'conversation'; conversationId: string } | { kind: 'friend'; userId: string };

/** States that changed since a cursor, to be applied by replacing. */
export interface StatePage {
  conversations: Conversation[];
  groups: Group[];
  friends: Friend[];
  receipts: Receipt[];
  removed: Removed[];
  /** For the next call; undefined: the next one begins from the start. */
  cursor: string | undefined;
  /** Call again at once. */
  more: boolean;
  /** Forget all states before this page. */
  reset: boolean;
}

const PAGE = 100;

/** Fetches one page of states; the only place that knows which event answers them. */
export async function fetchStates(channel: Channel, cursor: string | undefined): Promise<StatePage> {
  const request = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
  const { conversations, nextCursor } = await channel.insist('conversation:list', request);
  return {
    conversations,
    groups: conversations.flatMap(({ group }) => group ?? []),
    friends: [],
    receipts: [],
    removed: [],
    cursor: nextCursor ?? undefined,
    more: nextCursor !== null,
    reset: false,
  };
}
