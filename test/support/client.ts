import { EventEmitter } from 'node:events';
import type {
  Ack,
  ClientData,
  ClientEvent,
  ClientPayload,
  Handshake,
  Message,
  ServerEvent,
  ServerPayload,
  WireError,
} from '@nestim/protocol';
import { io, type Socket } from 'socket.io-client';
import { assertDocumentedAck, assertDocumentedConnectError } from './documented.js';
import { PATIENCE_MS, within } from './wait.js';

/** Where a message goes. */
export type Target = { conversationId: string } | { to: { userId: string } | { groupId: string } };

/** A handshake or an event that the server refused. */
export class Refused extends Error {
  constructor(readonly error: WireError) {
    super(`${error.code}: ${error.message}`);
  }
}

let lastClientMsgId = 0;
/** Unique in this process. */
export const newClientMsgId = (): string => `t-${process.pid}-${++lastClientMsgId}`;

/**
 * One connected device: it collects what the server pushes, in the order in which it came. For tests of the protocol
 * itself and of hostile clients, which must see each packet and send what the SDK never would; what a person lives
 * through is tested with the SDK (`sdk.ts`).
 */
export class Client {
  /** Every push so far. */
  readonly pushes: { event: string; payload: unknown }[] = [];
  /** Resolves with socket.io's reason when the connection ends. */
  readonly closed: Promise<string>;
  private readonly taken = new Set<object>();
  private readonly arrivals = new EventEmitter().setMaxListeners(0);

  constructor(readonly socket: Socket) {
    socket.onAny((event: string, payload: unknown) => {
      this.pushes.push({ event, payload });
      this.arrivals.emit('push');
    });
    this.closed = new Promise((resolve) => socket.once('disconnect', resolve));
  }

  /** Sends an event and answers its ack, whatever it says. */
  emit<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<Ack<ClientData<E>>> {
    return this.emitRaw(event, payload) as Promise<Ack<ClientData<E>>>;
  }

  /** As {@link emit}, for what no well-behaved client sends. */
  async emitRaw(event: string, ...args: unknown[]): Promise<Ack<unknown>> {
    const ack = (await this.socket.timeout(PATIENCE_MS).emitWithAck(event, ...args)) as Ack<unknown>;
    if (!ack.ok) assertDocumentedAck(event, ack.error.code);
    return ack;
  }

  /** The data of a successful ack. @throws Refused */
  async ask<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<ClientData<E>> {
    const ack = await this.emit(event, payload);
    if (ack.ok) return ack.data;
    throw new Refused(ack.error);
  }

  /** Sends a text and answers the stored message. @throws Refused */
  async send(target: Target, text: string, clientMsgId = newClientMsgId()): Promise<Message> {
    const { message } = await this.ask('message:send', {
      ...target,
      clientMsgId,
      type: 'text',
      content: { text },
    });
    return message;
  }

  /** The messages that were pushed so far, of one conversation or of all. */
  messages(conversationId?: string): Message[] {
    const all = this.pushes.filter(({ event }) => event === 'message:new').map((p) => p.payload as Message);
    return conversationId === undefined ? all : all.filter((m) => m.conversationId === conversationId);
  }

  /** The first push of this event, come or to come, that fits and that no earlier call was given. */
  async next<E extends ServerEvent>(
    event: E,
    fits: (payload: ServerPayload<E>) => boolean = () => true,
    ms?: number,
  ): Promise<ServerPayload<E>> {
    const find = (): ServerPayload<E> | undefined => {
      const push = this.pushes.find(
        (p) => p.event === event && !this.taken.has(p) && fits(p.payload as ServerPayload<E>),
      );
      if (push) this.taken.add(push);
      return push?.payload as ServerPayload<E> | undefined;
    };
    const present = find();
    if (present) return present;
    let look = (): void => {};
    const arrived = new Promise<ServerPayload<E>>((resolve) => {
      look = () => {
        const payload = find();
        if (payload) resolve(payload);
      };
      this.arrivals.on('push', look);
    });
    return within(arrived, `a fitting ${event}`, ms).finally(() => this.arrivals.off('push', look));
  }

  /** The next message that fits, as {@link next}. */
  nextMessage(fits?: (message: Message) => boolean, ms?: number): Promise<Message> {
    return this.next('message:new', fits, ms);
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Connects a device over a websocket. @throws Refused with the code of the `connect_error` */
export async function connect(
  url: string,
  token: string,
  handshake: Omit<Handshake, 'token'> = {},
): Promise<Client> {
  const socket = io(url, {
    auth: { ...handshake, token },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  const client = new Client(socket);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error: Error & { data?: WireError }) =>
      reject(error.data ? new Refused(error.data) : error),
    );
  });
  try {
    await within(connected, `a connection to ${url}`);
    return client;
  } catch (error) {
    socket.disconnect();
    if (error instanceof Refused) assertDocumentedConnectError(error.error.code);
    throw error;
  }
}
