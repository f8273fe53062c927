import { Socket } from 'engine.io';
import type { Frame, OutgoingWebSocket } from './outgoing-websocket.js';
import { mayWait } from './unread.js';

/** How socket.io's ack of an event begins. */
const ACK = '3';
const TEXT_OPCODE = 0x81;
const MESSAGE = 0x34;

type Write = Parameters<Socket['write']>;
type Options = Write[1] & { wsPreEncodedFrame?: Frame };

/**
 * Writes each packet as a WebSocket frame at once. engine.io's own way, a buffer, an encoder and five events for each packet,
 * remains, bounded, for polling and while a connection is being upgraded.
 */
class DirectConnection extends Socket {
  /** How much waits for the next poll. */
  declare private waiting: number;
  declare waitingAnswers: number;

  override write(data: Write[0], options?: Options, callback?: Write[2]): this {
    const { transport } = this;
    const direct = transport.name === 'websocket' && !this.upgrading && this.readyState === 'open';
    if (typeof data !== 'string') return super.write(data, options, callback);
    if (!direct || callback) return this.fits(data) ? super.write(data, options, callback) : this;
    const { socket } = transport as unknown as { socket: OutgoingWebSocket };
    socket.put(options?.wsPreEncodedFrame ?? [textFrame(data)], data.startsWith(ACK));
    return this;
  }

  /** May this wait for the client's next poll? Who lets too much wait is cut off. */
  private fits(text: string): boolean {
    const { writeBuffer } = this as unknown as { writeBuffer: unknown[] };
    if (writeBuffer.length === 0) this.waiting = 0;
    const fits = mayWait(this, this.waiting, text.length, text.startsWith(ACK));
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
export function writeDirectly(connection: Socket): void {
  Object.setPrototypeOf(connection, DirectConnection.prototype);
}
