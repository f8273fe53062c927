import { z } from 'zod';
import { ConversationList, ListConversations, Receipt } from './conversations.js';
import { type ErrorCode, WireError, wireErrorOf } from './errors.js';
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

/** An event that a client sends, and how it is acknowledged. */
interface ClientEventDefinition {
  /** One line for the document. */
  readonly summary: string;
  readonly payload: z.ZodType;
  /** `data` of the ack when it is `ok`. */
  readonly data: z.ZodType;
  /** Codes of a refusal, beside {@link EVENT_ERRORS}. */
  readonly errors: readonly ErrorCode[];
}

/** An event that the server sends; none wants an ack. */
interface ServerEventDefinition {
  readonly summary: string;
  readonly payload: z.ZodType;
}

/** Events a client sends; each is acknowledged with an {@link Ack} of its `data`. */
export const CLIENT_EVENTS = {
  'message:send': {
    summary: 'Stores a message, once for each clientMsgId, and pushes it to who is online.',
    payload: SendMessage,
    data: MessageResult,
    errors: [
      'CONVERSATION_NOT_FOUND',
      'NOT_A_MEMBER',
      'USER_NOT_FOUND',
      'IDEMPOTENCY_CONFLICT',
      'STORE_UNAVAILABLE',
    ],
  },
  'message:pull': {
    summary: 'Answers messages of one conversation by seq, ascending; without bounds the newest.',
    payload: PullMessages,
    data: MessagePage,
    errors: ['CONVERSATION_NOT_FOUND'],
  },
  'message:read': {
    summary: 'Moves my read position forward, at most to the newest message.',
    payload: ReadConversation,
    data: ReadResult,
    errors: ['CONVERSATION_NOT_FOUND'],
  },
  'conversation:list': {
    summary: 'Answers my conversations, a page at a time.',
    payload: ListConversations,
    data: ConversationList,
    errors: [],
  },
  sync: {
    summary: 'Answers the states that changed since the cursor, or all of them.',
    payload: Sync,
    data: SyncResult,
    errors: [],
  },
} as const satisfies Record<string, ClientEventDefinition>;

/** Any event may be refused with these; `UNKNOWN_EVENT` by a server that is older than the client. */
export const EVENT_ERRORS = [
  'BAD_REQUEST',
  'UNKNOWN_EVENT',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
  'SHUTTING_DOWN',
] as const satisfies readonly ErrorCode[];

/** Events the server sends; none wants an ack. */
export const SERVER_EVENTS = {
  'message:new': {
    summary: 'A message was stored in one of my conversations, by anyone but this socket.',
    payload: Message,
  },
  'receipt:updated': {
    summary: 'Someone has read up to readSeq: I on another device, or the peer of a dm.',
    payload: Receipt,
  },
  'group:joined': {
    summary: 'I am in this group now.',
    payload: z.object({ group: Group, userId: z.string() }),
  },
  'group:left': {
    summary: 'I am no longer in this group.',
    payload: z.object({ groupId: z.string(), conversationId: z.string(), userId: z.string() }),
  },
  'session:revoked': {
    summary: 'The last words before the server closes this connection: error.code says why.',
    payload: z.object({ sessionId: z.string(), error: WireError }),
  },
} as const satisfies Record<string, ServerEventDefinition>;

/** What a handshake may be refused with. */
export const HANDSHAKE_ERRORS = [
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'SESSION_REVOKED',
  'USER_DISABLED',
  'FORBIDDEN',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_CONNECTIONS',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

/** socket.io's `connect_error`: the answer to a handshake that is refused. */
export const ConnectError = z.object({ message: z.string(), data: wireErrorOf(HANDSHAKE_ERRORS) });

/** WebSocket close codes of this server's own. */
export const CLOSE_CODES = {
  SLOW_READER: {
    code: 4008,
    message: 'More than a megabyte of pushes waited for this client.',
    action: 'Connect again, sync, and pull what was missed.',
  },
} as const;

export type ClientEvent = keyof typeof CLIENT_EVENTS;
export type ServerEvent = keyof typeof SERVER_EVENTS;
export type ClientPayload<E extends ClientEvent> = z.infer<(typeof CLIENT_EVENTS)[E]['payload']>;
export type ClientData<E extends ClientEvent> = z.infer<(typeof CLIENT_EVENTS)[E]['data']>;
export type ServerPayload<E extends ServerEvent> = z.infer<(typeof SERVER_EVENTS)[E]['payload']>;

/** What every client event is acknowledged with. */
export type Ack<T> = { ok: true; data: T } | { ok: false; error: WireError };

/** The codes that an event may be refused with. */
export const errorsOf = (event: ClientEvent): readonly ErrorCode[] => [
  ...EVENT_ERRORS,
  ...CLIENT_EVENTS[event].errors,
];

/** {@link Ack} of one event, as a schema. */
export const ackOf = (event: ClientEvent) =>
  z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), data: CLIENT_EVENTS[event].data }),
    z.object({ ok: z.literal(false), error: wireErrorOf(errorsOf(event)) }),
  ]);
