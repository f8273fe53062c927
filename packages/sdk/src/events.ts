import type { Conversation, Friend, Group, Message, Receipt } from '@nestim/protocol';
import type { NestimError } from './errors.js';
import type { PendingMessage } from './outbox.js';
import type { Removed } from './state-source.js';
import type { ConnectionStatus } from './status.js';

/** What `client.on(event, handler)` tells, by name. */
export interface ClientEvents {
  /** The connection changed. */
  state: ConnectionStatus;
  /**
   * A message, mine included: in each conversation in `seq` order, without a hole, each once. Messages from before
   * the first connection are not told: see `conversations.list()` and `history()`.
   */
  message: Message;
  /** So many were missed that they are not told one by one: messages of this range come by `history()` only. */
  gap: { conversationId: string; fromSeq: number; toSeq: number };
  /** A conversation is new or has changed: its last message, unread number, position or window. */
  conversation: Conversation;
  /** Someone has read up to `readSeq`: I on another device, or the peer of a dm. */
  receipt: Receipt;
  group: Group;
  friend: Friend;
  /** A conversation or a friend is no longer mine. */
  removed: Removed;
  /** A message that I send was queued, stored (`sent`, with the message) or refused (`failed`, with the error). */
  outbox: PendingMessage;
  /** The server has lost or replaced its data: everything held here was forgotten and is being fetched anew. */
  reset: Record<string, never>;
  /** Something that does not stop the client, as `STORAGE_FAILED`. */
  warning: NestimError;
}
