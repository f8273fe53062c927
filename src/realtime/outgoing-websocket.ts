import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES } from '@nestim/protocol';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { mayWait } from './unread.js';

/** How long it may take to read what waits, and why it is closed. */
const CLOSE_MS = 5_000;
/** A frame up to here is written as one piece: copying it costs less than a second piece. */
const MAX_JOINED = 16 * 1024;
const CLOSE_OPCODE = 8;

export type Frame = (Buffer | string)[];

/** What ws keeps for reading. */
interface Receiver {
  /** A piece of the bytes it read last, which stay as long as it does. */
  _mask: Buffer | undefined;
}

/** What ws does with a frame; not in its types, but engine.io relies on it too. */
interface Sender {
  readonly _socket: Socket;
  sendFrame(frame: Frame, done?: (error?: Error) => void): void;
}

const { Sender } = WebSocket as unknown as { Sender: new () => Sender };

const owners = new WeakMap<Socket, OutgoingWebSocket>();
let corked: Socket[] = [];

function uncorkAll(): void {
  const sockets = corked;
  corked = [];
  for (const socket of sockets) socket.uncork();
}

/**
 * Writes all frames of one turn of the event loop to a connection with one system call, and calls a frame sent when it is on
 * its way, so that nothing queues above the connection. What waits there is bounded.
 */
class OutgoingSender extends Sender {
  override sendFrame(frame: Frame, done?: (error?: Error) => void): void {
    if (owners.get(this._socket)!.put(frame, isAnswer(frame))) done?.();
  }
}

function joined(frame: Frame): Buffer {
  return Buffer.concat(frame.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

/** A connection of this server: what goes out is gathered and bounded. */
export class OutgoingWebSocket extends WebSocket {
  declare private readonly _socket: Socket;
  waitingAnswers = 0;

  /** Called by ws once, when the connection is up. */
  setSocket(socket: Socket, head: Buffer, options: object): void {
    // engine.io listens for its middlewares, which have run, and would hold the whole request for as long.
    socket.removeAllListeners('close');
    const base = WebSocket.prototype as unknown as Pick<OutgoingWebSocket, 'setSocket'>;
    base.setSocket.call(this, socket, head, options);
    const { _sender } = this as unknown as { _sender: Sender };
    Object.setPrototypeOf(_sender, OutgoingSender.prototype);
    owners.set(socket, this);
  }

  /** Bytes of answers that the client has not taken, at most: what it has taken may have been pushes. */
  get unreadAnswers(): number {
    return Math.min(this._socket.writableLength, this.waitingAnswers);
  }

  override emit(event: string, ...args: unknown[]): boolean {
    // Until the next message, which may be a day away.
    if (event === 'message') (this as unknown as { _receiver: Receiver })._receiver._mask = undefined;
    return super.emit(event, ...args);
  }

  /**
   * Sends a whole frame with the others of this turn.
   * @param answer whether it is the ack of an event
   * @returns false when the connection is being closed: it is dropped then
   */
  put(frame: Frame, answer: boolean): boolean {
    const socket = this._socket;
    if (!this.accepts(frame, answer, socket.writableLength)) return false;
    if (socket.writableCorked === 0) {
      socket.cork();
      if (corked.push(socket) === 1) process.nextTick(uncorkAll);
    }
    // Broadcasts share a frame: it is joined once.
    if (frame.length === 2 && frame[1]!.length <= MAX_JOINED) frame.splice(0, 2, joined(frame));
    for (const piece of frame) socket.write(piece);
    return true;
  }

  private accepts(frame: Frame, answer: boolean, waiting: number): boolean {
    if (isClose(frame)) return true;
    if (this.readyState !== WebSocket.OPEN) return false;
    if (mayWait(this, waiting, frame.at(-1)!.length, answer)) return true;
    this.close(CLOSE_CODES.SLOW_READER.code, 'SLOW_READER');
    return false;
  }
}

function isClose([head]: Frame): boolean {
  return typeof head === 'object' && (head[0]! & 0x0f) === CLOSE_OPCODE;
}

/** Is it the ack of an event (engine.io's 4, socket.io's 3)? */
function isAnswer(frame: Frame): boolean {
  const body = frame.at(-1)!;
  return typeof body === 'string' ? body.startsWith('43') : body[0] === 0x34 && body[1] === 0x33;
}

/** For engine.io's `wsEngine`. */
export class OutgoingWebSocketServer extends WebSocketServer<typeof OutgoingWebSocket> {
  constructor(options: ServerOptions<typeof OutgoingWebSocket>) {
    super({ ...options, WebSocket: OutgoingWebSocket, closeTimeout: CLOSE_MS } as typeof options);
  }

  /** The answer to the upgrade and engine.io's greeting, which follows a promise later, leave in one write. */
  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (client: OutgoingWebSocket, request: IncomingMessage) => void,
  ): void {
    socket.cork();
    queueMicrotask(() => process.nextTick(() => socket.uncork()));
    super.handleUpgrade(request, socket, head, done);
  }
}
