import type {
  Conversation,
  Friend,
  Group,
  Message,
  Platform,
  ReadResult,
  ServerEvent,
} from '@nestim/protocol';
import type { BackoffOptions } from './backoff.js';
import { Connection } from './connection.js';
import { Courier } from './courier.js';
import { Emitter, type Unsubscribe } from './emitter.js';
import { type Environment, systemEnvironment } from './environment.js';
import { clientError } from './errors.js';
import type { ClientEvents } from './events.js';
import { fetchHistory, type HistoryPage, type HistoryQuery } from './history.js';
import { Outbox, type PendingMessage } from './outbox.js';
import { OutboxShelf } from './outbox-shelf.js';
import type { MessageInput } from './outgoing.js';
import { Reads } from './reads.js';
import { ClientState, type ConnectionStatus } from './status.js';
import type { KeyValueStorage } from './storage.js';
import { Store } from './store.js';
import { Synchroniser } from './synchroniser.js';
import type { GetToken, TokenClaims } from './token.js';

export interface ClientOptions {
  /** The server, as `https://chat.example.org`. */
  url: string;
  /**
   * Asked for an access token at every connect and shortly before the present one expires.
   * @example getToken: async ({ reason }) => (reason === 'connect' ? saved.accessToken : await refresh())
   */
  getToken: GetToken;
  /** Keeps unsent messages across page loads; without it they end with the page. */
  storage?: KeyValueStorage;
  /** Whose client it is. Read from the first token unless given; given, unsent messages are there before it. */
  userId?: string;
  /** Names this device to the server; 1–128 visible ASCII characters. */
  deviceId?: string;
  platform?: Platform;
  /** Waits between attempts to connect. */
  reconnect?: BackoffOptions;
  /**
   * Longest wait for a connection and for one answer, in milliseconds; doubled after each time in a row that there was
   * none, up to four times as long. @default 15000
   */
  timeoutMs?: number;
  /** After a break so many missed messages of a conversation are told one by one; of more, the newest. @default 1000 */
  catchUpLimit?: number;
  /** In the order in which they are tried. @default ['websocket', 'polling'] */
  transports?: ('websocket' | 'polling')[];
}

/** One user's connection to a NestIM server, and what is known through it. */
export interface Client {
  /** Absent until the first token. */
  readonly userId: string | undefined;
  readonly state: ClientState;
  readonly status: ConnectionStatus;
  /**
   * Begins to connect and keeps at it through failures. Also starts again what was closed.
   * @returns when it is online for the first time. @throws NestimError that says why it was closed before that
   */
  connect(): Promise<void>;
  /** Disconnects. Sends that wait reject with `CLOSED`; they stay in the storage, and go out after a `connect()`. */
  close(): void;
  /**
   * @example
   * const off = client.on('message', ({ senderId, content }) => console.log(senderId, content));
   */
  on<E extends keyof ClientEvents>(event: E, handler: (payload: ClientEvents[E]) => void): Unsubscribe;
  readonly messages: {
    /**
     * Sends, now or when there is a connection, exactly once; messages to one conversation in the order given.
     * @returns the stored message. @throws NestimError when it never will be sent; `CLOSED` when the client was closed
     * @example await client.messages.send({ to: { userId: 'bob' }, type: 'text', content: { text: 'Hello' } });
     */
    send(message: MessageInput): Promise<Message>;
    /** What has no answer yet, in the order given. */
    pending(): PendingMessage[];
  };
  readonly conversations: {
    /** Newest activity first. The same array until something changes. */
    list(): readonly Conversation[];
    get(conversationId: string): Conversation | undefined;
    /** Who of the others has read how far: by user id. */
    receipts(conversationId: string): ReadonlyMap<string, number>;
    /** The messages that are held: without a hole, ascending, up to the newest told. */
    messages(conversationId: string): readonly Message[];
    /**
     * One page backwards; waits for a connection when it must be fetched.
     * @example const { messages, more } = await client.conversations.history(id, { before: oldest.seq, limit: 50 });
     */
    history(conversationId: string, query?: HistoryQuery): Promise<HistoryPage>;
    /** Marks as read up to `seq`; only ever moves forward. Waits for a connection. */
    read(conversationId: string, seq: number): Promise<ReadResult>;
  };
  readonly groups: {
    /** Those I am in. */
    list(): readonly Group[];
  };
  readonly friends: { list(): readonly Friend[] };
}

/**
 * Makes a client; it does nothing until `connect()`.
 * @param environment time and chance; only tests give one
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:3000', getToken: () => accessToken });
 * client.on('message', (message) => console.log(message.senderId, message.content));
 * await client.connect();
 * await client.messages.send({ to: { userId: 'bob' }, type: 'text', content: { text: 'Hello Bob' } });
 */
export function createClient(options: ClientOptions, environment: Environment = systemEnvironment): Client {
  const { url, getToken, storage, userId, timeoutMs = 15_000, catchUpLimit = 1_000 } = options;
  const events = new Emitter<ClientEvents>();
  const courier = new Courier();
  const store = new Store(events, () => synchroniser.refresh());
  const outbox = new Outbox(courier, environment, {
    sent: (message) => synchroniser.received(message),
    changed: (pending) => events.emit('outbox', pending),
    warn: (error) => events.emit('warning', error),
  });
  const awaitsAck = (conversationId: string): boolean => outbox.awaitsAck(conversationId);
  const synchroniser = new Synchroniser(store, { environment, catchUpLimit, awaitsAck });
  const reads = new Reads(courier, store);

  const identify = ({ userId: me }: TokenClaims): void => {
    if (me === undefined && store.me === '') throw clientError('USER_UNKNOWN');
    if (me === undefined || me === store.me) return;
    if (store.me !== '') throw clientError('USER_CHANGED');
    store.me = me;
    const shelf = storage && new OutboxShelf(storage, `nestim:outbox:${url}:${me}`);
    void outbox.identify(me, shelf);
  };

  const connection = new Connection(
    { ...options, getToken, timeoutMs, environment },
    {
      identified: identify,
      established: async (channel) => {
        // Before the first states are here an ack could not be told apart from what was sent long ago.
        if (synchroniser.everSynced) courier.connected(channel);
        await synchroniser.establish(channel);
        courier.connected(channel);
      },
      lost: () => {
        courier.disconnected();
        synchroniser.lost();
      },
      pushed: (event, payload) => synchroniser.pushed(event as ServerEvent, payload),
      changed: (status) => {
        if (status.state === ClientState.closed && status.error) {
          courier.close(status.error);
          outbox.close(status.error);
        }
        events.emit('state', status);
      },
    },
  );
  if (userId !== undefined) identify({ userId });

  return {
    get userId() {
      return store.me === '' ? undefined : store.me;
    },
    get state() {
      return connection.status.state;
    },
    get status() {
      return connection.status;
    },
    connect: () => {
      const online = untilOnline(events, connection);
      // Who does not wait for it learns of a failure by the state.
      online.catch(() => undefined);
      if (courier.closed) {
        courier.reopen();
        outbox.resume();
      }
      connection.start();
      return online;
    },
    close: () => connection.stop(clientError('CLOSED')),
    on: (event, handler) => events.on(event, handler),
    messages: {
      send: (message) => outbox.send(message),
      pending: () => outbox.list(),
    },
    conversations: {
      list: () => store.listConversations(),
      get: (conversationId) => store.findConversation(conversationId),
      receipts: (conversationId) => store.listReceipts(conversationId),
      messages: (conversationId) => store.findTimeline(conversationId)?.messages ?? [],
      history: (conversationId, query = {}) => fetchHistory(store, courier, conversationId, query),
      read: (conversationId, seq) => reads.read(conversationId, seq),
    },
    groups: { list: () => store.listGroups() },
    friends: { list: () => store.listFriends() },
  };
}

function untilOnline(events: Emitter<ClientEvents>, connection: Connection): Promise<void> {
  if (connection.status.state === ClientState.online) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const off = events.on('state', ({ state, error }) => {
      if (state !== ClientState.online && state !== ClientState.closed) return;
      off();
      if (state === ClientState.online) resolve();
      else reject(error ?? clientError('CLOSED'));
    });
  });
}
