import type { Ack, ClientData, ClientEvent, ClientPayload, WireError } from '@nestim/protocol';
import { WebSocket } from './web-socket.js';

/** engine.io's and socket.io's packet types, as the characters they begin with. */
const PING = 0x32; // '2'
const MESSAGE = 0x34; // '4'
const CONNECT = 0x30; // '0' after MESSAGE
const EVENT = 0x32;
const ACK = 0x33;
const CONNECT_ERROR = 0x34;

/** How long an ack or a connection may take. */
const ANSWER_MS = 60_000;

export interface ImConnectionHandler {
  /** One push: `bytes[start, end)` is the JSON `[event, payload]`, valid only during the call. */
  push(bytes: Buffer, start: number, end: number): void;
  /** Ended, but not by `close()`. */
  lost(reason: string): void;
}

/**
 * One device of a user: socket.io over one bare websocket. The load uses it instead of the SDK, so that it measures the
 * server and not its own side, and can have many sends of one conversation under way, of which the SDK has one.
 */
export class ImConnection {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<
    number,
    { resolve: (ack: Ack<unknown>) => void; reject: (e: Error) => void }
  >();
  private lastAckId = 0;
  private closing = false;
  private connected = false;

  private constructor(
    url: string,
    token: string,
    private readonly handler: ImConnectionHandler,
    private readonly ready: { resolve: () => void; reject: (error: Error) => void },
  ) {
    this.socket = new WebSocket(new URL('/socket.io/?EIO=4&transport=websocket', url), {
      open: () => this.socket.send(`40${JSON.stringify({ token })}`),
      text: (bytes, start, end) => this.onPacket(bytes, start, end),
      closed: (reason) => this.onClosed(reason),
    });
  }

  /** Resolves when the server has admitted the token. */
  static async open(url: string, token: string, handler: ImConnectionHandler): Promise<ImConnection> {
    let connection!: ImConnection;
    await new Promise<void>((resolve, reject) => {
      connection = new ImConnection(url, token, handler, { resolve, reject });
    });
    return connection;
  }

  /** Sends an event and answers the data of its ack. Throws what the server refused with, or when no ack comes. */
  async ask<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<ClientData<E>> {
    const id = ++this.lastAckId;
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<Ack<unknown>>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      timer = setTimeout(() => reject(new Error(`no ack of ${event} in ${ANSWER_MS} ms`)), ANSWER_MS);
    });
    this.socket.send(`42${id}${JSON.stringify([event, payload])}`);
    try {
      const ack = await answered;
      if (!ack.ok) throw new Error(`${event}: ${ack.error.code} ${JSON.stringify(ack.error.details ?? '')}`);
      return ack.data as ClientData<E>;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  close(): void {
    this.closing = true;
    this.socket.close();
  }

  private onPacket(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start];
    if (type === PING) return this.socket.send('3');
    if (type !== MESSAGE) return;
    switch (bytes[start + 1]) {
      case EVENT:
        return this.handler.push(bytes, start + 2, end);
      case ACK:
        return this.onAck(bytes.toString('utf8', start + 2, end));
      case CONNECT:
        this.connected = true;
        return this.ready.resolve();
      case CONNECT_ERROR: {
        const refusal = JSON.parse(bytes.toString('utf8', start + 2, end)) as {
          data?: WireError;
          message: string;
        };
        this.ready.reject(new Error(`connection refused: ${refusal.data?.code ?? refusal.message}`));
        return this.close();
      }
      default:
        return;
    }
  }

  /** `<id>[<ack>]` */
  private onAck(packet: string): void {
    const bracket = packet.indexOf('[');
    const [ack] = JSON.parse(packet.slice(bracket)) as [Ack<unknown>];
    this.waiting.get(Number(packet.slice(0, bracket)))?.resolve(ack);
  }

  private onClosed(reason: string): void {
    const error = new Error(`connection lost: ${reason}`);
    this.ready.reject(error);
    for (const { reject } of this.waiting.values()) reject(error);
    if (this.connected && !this.closing) this.handler.lost(reason);
  }
}
