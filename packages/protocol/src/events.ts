import { z } from 'zod';
import { ConversationList, ListConversations, Receipt } from './conversations.js';
import { WireError } from './errors.js';
import { Group } from './groups.js';
import { Sync, SyncResult } from './sync.js';
import {
  Message,
  MessagePage,
  MessageResult,
  PullMessages,
  ReadConversation,
  ReadResult,
  SendMessage,
} from './messages.js';

/** Events a client sends; each is acknowledged with an {@link Ack} of its `data`. */
export const CLIENT_EVENTS = {
  'message:send': { payload: SendMessage, data: MessageResult },
  'message:pull': { payload: PullMessages, data: MessagePage },
  'message:read': { payload: ReadConversation, data: ReadResult },
  'conversation:list': { payload: ListConversations, data: ConversationList },
  sync: { payload: Sync, data: SyncResult },
} as const;

/** Events the server sends; none wants an ack. */
export const SERVER_EVENTS = {
  'message:new': Message,
  'receipt:updated': Receipt,
  'group:joined': z.object({ group: Group, userId: z.string() }),
  'group:left': z.object({ groupId: z.string(), conversationId: z.string(), userId: z.string() }),
  'session:revoked': z.object({ sessionId: z.string(), error: WireError }),
} as const;

export type ClientEvent = keyof typeof CLIENT_EVENTS;
export type ServerEvent = keyof typeof SERVER_EVENTS;
export type ClientPayload<E extends ClientEvent> = z.infer<(typeof CLIENT_EVENTS)[E]['payload']>;
export type ClientData<E extends ClientEvent> = z.infer<(typeof CLIENT_EVENTS)[E]['data']>;
export type ServerPayload<E extends ServerEvent> = z.infer<(typeof SERVER_EVENTS)[E]>;

/** What every client event is acknowledged with. */
export type Ack<T> = { ok: true; data: T } | { ok: false; error: WireError };
