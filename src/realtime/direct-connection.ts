import { Socket } from 'engine.io';
import type { Frame, OutgoingWebSocket } from './outgoing-websocket.js';

/** How socket.io's ack of an event begins. */
const ACK = '3';
const TEXT_OPCODE = 0x81;
const MESSAGE = 0x34;

type Write = Parameters<Socket['write']>;
type Options = Write[1] & { wsPreEncodedFrame?: Frame };

/**
 * Writes each packet as a WebSocket frame at once. engine.io's own way, a buffer, an encoder and five events for each packet,
 * remains for polling and while a connection is being upgraded.
 */
class DirectConnection extends Socket {
  override write(data: Write[0], options?: Options, callback?: Write[2]): this {
    const { transport } = this;
    const direct = transport.name === 'websocket' && !this.upgrading && this.readyState === 'open';
    if (!direct || callback || typeof data !== 'string') return super.write(data, options, callback);
    const { socket } = transport as unknown as { socket: OutgoingWebSocket };
    socket.put(options?.wsPreEncodedFrame ?? [textFrame(data)], data.startsWith(ACK));
    return this;
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
