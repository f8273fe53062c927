import { Socket } from 'engine.io';
import type { Frame, OutgoingWebSocket } from './outgoing-websocket.js';
import { isAnswer } from './packets.js';
import { mayWait } from './unread.js';

const TEXT_OPCODE = 0x81;
const MESSAGE = 0x34;

type Write = Parameters<Socket['write']>;
type Options = Write[1] & { wsPreEncodedFrame?: Frame };

interface Transport {
  readonly name: string;
  /** Of a websocket. */
  readonly socket: OutgoingWebSocket;
}

/** Takes what a client's connection brings. @returns false, and nothing is done, for what it is not meant for */
type Receive = (packet: unknown) => boolean;

/** Not in a field: one more, added late, gives each connection a shape of its own, and every access of a broadcast misses. */
const receivers = new WeakMap<Socket, Receive>();

/**
 * Writes each packet as a WebSocket frame at once, and reads events straight from it. The own ways of engine.io and socket.io,
 * by a buffer, encoders and some five events for each packet, remain for all that is no plain event and, bounded, for polling
 * and while a connection is being upgraded.
 */
class DirectConnection extends Socket {
  /** How much waits for the next poll. */
  declare private waiting: number;
  declare waitingAnswers: number;

  override emit(name: string, ...args: unknown[]): boolean {
    if (name === 'data' && receivers.get(this)?.(args[0])) return true;
    return super.emit(name, ...args);
  }

  override write(data: Write[0], options?: Options, callback?: Write[2]): this {
    const { transport } = this;
    const direct = transport.name === 'websocket' && !this.upgrading && this.readyState === 'open';
    if (typeof data !== 'string') return super.write(data, options, callback);
    if (!direct || callback) return this.fits(data) ? super.write(data, options, callback) : this;
    const { socket } = transport as unknown as Transport;
    socket.put(options?.wsPreEncodedFrame ?? [textFrame(data)], isAnswer(data));
    return this;
  }

  /** Characters, or over a websocket bytes, of answers that the client has not taken. */
  get unreadAnswers(): number {
    const { transport, writeBuffer } = this as unknown as { transport: Transport; writeBuffer: unknown[] };
    if (transport.name === 'websocket') return transport.socket.unreadAnswers;
    return writeBuffer.length === 0 ? 0 : Math.min(this.waiting, this.waitingAnswers);
  }

  /** May this wait for the client's next poll? Who lets too much wait is cut off. */
  private fits(text: string): boolean {
    const { writeBuffer } = this as unknown as { writeBuffer: unknown[] };
    if (writeBuffer.length === 0) this.waiting = 0;
    const fits = mayWait(this, this.waiting, text.length, isAnswer(text));
    if (fits) this.waiting += text.length;
    else process.nextTick(() => this.close(true));
    return fits;
  }
}

/** The frame of an engine.io message. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text) + 1;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = TEXT_OPCODE;
  frame[1] = head === 2 ? length : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(length, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame[head] = MESSAGE;
  frame.write(text, head + 1);
  return frame;
}

/** For engine.io's `connection`. */
export function makeDirect(connection: Socket): void {
  Object.setPrototypeOf(connection, DirectConnection.prototype);
}

/** What this connection brings is given to `receive` first. */
export function readDirectly(connection: Socket, receive: Receive): void {
  receivers.set(connection, receive);
}

/** About how many bytes of answers wait on this connection. */
export const unreadAnswers = (connection: Socket): number => (connection as DirectConnection).unreadAnswers;

/** @returns what writes one packet to each connection it is called with: framed once */
export function broadcast(packet: string): (connection: Socket) => void {
  const options: Options = { wsPreEncodedFrame: [textFrame(packet)] };
  return (connection) => void connection.write(packet, options);
}
