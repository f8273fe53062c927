import { connect, type Socket } from 'node:net';
import { clientFrame, FrameReader, OPCODE } from './frame-reader.js';

/** What every read of every socket goes into: reads are handled before the next one happens. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

export interface WebSocketHandler {
  open(): void;
  /** One text message: `bytes[start, end)`, valid only during the call. */
  text(bytes: Buffer, start: number, end: number): void;
  closed(reason: string): void;
}

/**
 * A bare websocket client for load: no allocation per read, no parsing beyond frames. A test of many thousands of
 * sockets would otherwise spend most of the machine on its own side.
 */
export class WebSocket {
  private readonly socket: Socket;
  private readonly frames: FrameReader;
  /** The answer to the upgrade until it is whole. */
  private head: string | null = '';
  private reason = 'the connection ended';

  constructor(
    url: URL,
    private readonly handler: WebSocketHandler,
  ) {
    this.frames = new FrameReader((opcode, bytes, start, end) => this.onFrame(opcode, bytes, start, end));
    this.socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length, bytes) => this.onRead((bytes as Buffer).subarray(0, length)),
      },
    });
    this.socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: cmVwbGF5IHJlcGxheSByZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    this.socket.on('error', (error) => (this.reason = error.message));
    this.socket.on('close', () => handler.closed(this.reason));
  }

  send(text: string): void {
    this.socket.write(clientFrame(OPCODE.text, text));
  }

  close(): void {
    this.reason = 'closed by us';
    if (this.head === null) this.socket.write(clientFrame(OPCODE.close, ''));
    this.socket.destroySoon();
  }

  private onRead(bytes: Buffer): boolean {
    try {
      if (this.head === null) this.frames.push(bytes);
      else this.onHead(bytes);
    } catch (error) {
      this.reason = String(error);
      this.socket.destroy();
    }
    return true;
  }

  private onHead(bytes: Buffer): void {
    const head = this.head + bytes.toString('latin1');
    this.head = head;
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head.slice(0, head.indexOf('\r\n')));
    this.head = null;
    this.handler.open();
    const rest = Buffer.from(head.slice(end + 4), 'latin1');
    if (rest.length > 0) this.frames.push(rest);
  }

  private onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.text) this.handler.text(bytes, start, end);
    else if (opcode === OPCODE.ping) {
      this.socket.write(clientFrame(OPCODE.pong, bytes.toString('utf8', start, end)));
    } else if (opcode === OPCODE.close) {
      this.reason = `the server closed with ${end - start >= 2 ? bytes.readUInt16BE(start) : 'no code'}`;
      this.socket.end();
    }
  }
}
