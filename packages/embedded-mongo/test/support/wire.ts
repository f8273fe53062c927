import { BSON } from 'mongodb';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

const OP_MSG = 2013;
const OP_QUERY = 2004;
let lastRequestId = 0;

/** A whole message: header and body. */
export function packet(opCode: number, body: Buffer, claimedLength = body.length + 16): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(claimedLength, 0);
  header.writeInt32LE((lastRequestId += 1), 4);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
}

/** A command as OP_MSG, from a document or from BSON bytes that no serializer would make. */
export function message(command: BSON.Document | Buffer): Buffer {
  const document = Buffer.isBuffer(command) ? command : Buffer.from(BSON.serialize(command));
  return packet(OP_MSG, Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), document]));
}

/** An insert whose documents come in a section of their own, as the driver sends them. */
export function messageWithSequence(
  command: BSON.Document,
  name: string,
  documents: BSON.Document[],
): Buffer {
  const items = Buffer.concat(documents.map((document) => BSON.serialize(document)));
  const section = Buffer.alloc(5);
  section.writeUInt8(1, 0);
  section.writeInt32LE(4 + name.length + 1 + items.length, 1);
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), BSON.serialize(command)]);
  return packet(OP_MSG, Buffer.concat([body, section, Buffer.from(`${name}\0`), items]));
}

/** The handshake of old drivers. */
export function legacyHello(): Buffer {
  const head = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from('admin.$cmd\0'),
    Buffer.alloc(4),
    Buffer.from([1, 0, 0, 0]),
  ]);
  return packet(OP_QUERY, Buffer.concat([head, BSON.serialize({ isMaster: 1 })]));
}

/** A document with `depth` documents inside each other, written by hand: no serializer goes that deep. */
export function nestedDocument(depth: number): Buffer {
  const inner = Buffer.from([5, 0, 0, 0, 0]);
  const total = inner.length + depth * 8;
  const bytes = Buffer.alloc(total);
  for (let level = 0; level < depth; level += 1) {
    const at = level * 7;
    bytes.writeInt32LE(total - level * 8, at);
    bytes.write('\u0003a\0', at + 4, 'latin1');
  }
  inner.copy(bytes, depth * 7);
  return bytes;
}

/** A bare connection. */
export class WireConnection {
  private received: Buffer = Buffer.alloc(0);
  private wake = (): void => {};
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.wake());
  }

  static async open(port: number): Promise<WireConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new WireConnection(socket);
  }

  send(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** One command and its reply; the commands of a connection follow each other. */
  command(command: BSON.Document): Promise<BSON.Document> {
    const answered = this.turn.then(async () => {
      this.send(message(command));
      const answer = await this.reply();
      if (answer === null) throw new Error('the server closed the connection');
      return answer;
    });
    this.turn = answered.catch(() => undefined);
    return answered;
  }

  /** The next reply to an OP_MSG, or null if the server closed the connection instead. */
  async reply(): Promise<BSON.Document | null> {
    const bytes = await this.nextPacket();
    return bytes === null ? null : BSON.deserialize(bytes.subarray(21));
  }

  /** Reads on until the reply to that request comes (true) or the server closes the connection (false). */
  async answers(requestId: number): Promise<boolean> {
    for (;;) {
      const bytes = await this.nextPacket();
      if (bytes === null || bytes.readInt32LE(8) === requestId) return bytes !== null;
    }
  }

  private async nextPacket(): Promise<Buffer | null> {
    for (;;) {
      const length = this.received.length >= 4 ? this.received.readInt32LE(0) : Infinity;
      if (this.received.length >= length) {
        const bytes = this.received.subarray(0, length);
        this.received = this.received.subarray(length);
        return bytes;
      }
      if (this.socket.destroyed) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Ends the sending side and waits until the server has closed its own. */
  async finish(): Promise<void> {
    if (this.socket.closed) return;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.end();
    await closed;
  }
}
