import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MalformedBson } from '../bson/validate.js';
import { dispatch } from '../commands/dispatch.js';
import { COMMANDS } from '../commands/registry.js';
import type { Fault } from '../fail-points.js';
import type { ClientInfo, Request } from '../commands/request.js';
import type { Engine } from '../engine.js';
import { CommandError, codeNameOf } from '../errors.js';
import { buildDocument } from '../bson/writer.js';
import { decodeMessage, encodeReply, HEADER, messageLength, type Message } from './message.js';

const MAX_UNSENT = 1024 * 1024;
/** What may come while a message is held; the rest stays with the client. */
const MAX_WAITING = 1024 * 1024;

/**
 * One client. Messages run in the order they came, replies leave in that order; a reply to a write leaves when its commit is
 * on disk. Whatever is not a message closes this connection and nothing else.
 */
export class Connection {
  private chunks: Buffer[] = [];
  private buffered = 0;
  private wanted = HEADER;
  private held = false;
  /** The last reply still waiting for its commit; later replies queue behind it. */
  private tail: Promise<void> | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly engine: Engine,
    private readonly onDefect: (error: Error) => void,
    private readonly client: ClientInfo,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => socket.resume());
  }

  /** Resolves when every reply under way has been handed to the socket. */
  async drained(): Promise<void> {
    await this.tail;
  }

  close(): void {
    this.socket.destroySoon();
  }

  private receive(chunk: Buffer): void {
    this.engine.metrics.bytesIn += chunk.length;
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    this.process();
    if (this.held && this.buffered > MAX_WAITING) this.socket.pause();
  }

  private process(): void {
    if (this.held || this.buffered < this.wanted) return;
    let buf = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    try {
      while (buf.length >= 4 && !this.held) {
        const length = messageLength(buf, 0);
        if (buf.length < length) break;
        this.handle(buf.subarray(0, length));
        buf = buf.subarray(length);
      }
      this.wanted = buf.length >= 4 ? messageLength(buf, 0) : HEADER;
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    this.chunks = buf.length > 0 ? [buf] : [];
    this.buffered = buf.length;
  }

  private handle(bytes: Buffer): void {
    let message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // Well-formed but refused (nesting, deprecated types): answered like any command.
      this.send(encodeReply(refusal(error), { requestId: bytes.readInt32LE(4), legacy: false }), null);
      return;
    }
    message.request.client = this.client;
    this.engine.metrics.count(message.request.name);
    const fault = this.engine.failPoints?.meet(this, message.request);
    if (fault && fault.blockMs > 0) this.hold(delay(fault.blockMs), () => this.answer(message, fault));
    else this.answer(message, fault);
  }

  private answer(message: Message, fault: Fault | undefined): void {
    if (fault?.close === 'before') {
      this.socket.destroy();
      return;
    }
    if (this.tail && readsWhatIsThere(message.request)) {
      this.hold(this.tail, () => this.answer(message, fault));
      return;
    }
    const answer = dispatch(this.engine, message.request, fault);
    if ('blocked' in answer) this.hold(answer.blocked, () => this.answer(message, fault));
    else if (fault?.close === 'after')
      this.hold(Promise.resolve(answer.settled ?? undefined), () => this.socket.destroy());
    else if (!message.silent) this.send(encodeReply(answer.doc, message), answer.settled);
    else if (answer.settled) this.hold(answer.settled);
  }

  /**
   * Reads no further message until then: the one at hand waits for a transaction to end, or it was a write that nobody waits
   * for and that the client's next command must see.
   */
  private hold(until: Promise<void>, then?: () => void): void {
    this.held = true;
    const release = () => {
      this.held = false;
      // Nobody waits any more for what has not begun.
      if (this.socket.destroyed) return;
      try {
        then?.();
      } catch (error) {
        this.fail(error as Error);
      }
      this.process();
      if (!this.held && this.socket.writableLength <= MAX_UNSENT) this.socket.resume();
    };
    until.then(release, () => this.socket.destroy());
  }

  private send(reply: Buffer, settled: Promise<void> | null): void {
    if (!settled && !this.tail) {
      this.write(reply);
      return;
    }
    const tail = (this.tail ? Promise.all([this.tail, settled]) : settled!).then(
      () => {
        this.write(reply);
        if (this.tail === tail) this.tail = undefined;
      },
      // The commit failed: what the reply claims is not true, and no other answer is certain either.
      () => void this.socket.destroy(),
    );
    this.tail = tail;
  }

  /** A client that does not read its replies is not read from either. */
  private write(reply: Buffer): void {
    this.engine.metrics.bytesOut += reply.length;
    if (!this.socket.write(reply) && this.socket.writableLength > MAX_UNSENT) this.socket.pause();
  }

  private fail(error: Error): void {
    this.chunks = [];
    this.buffered = 0;
    this.socket.destroy();
    if (!(error instanceof MalformedBson) && !(error instanceof RangeError)) this.onDefect(error);
  }
}

/** Does it look at what is on disk? Then the writes that its client sent before must be there. */
function readsWhatIsThere(request: Request): boolean {
  return !COMMANDS.get(request.name)?.writes || request.get('autocommit') !== undefined;
}

function refusal(error: CommandError): Buffer {
  return buildDocument((writer) => {
    writer.double('ok', 0);
    writer.string('errmsg', error.message);
    writer.int('code', error.code);
    writer.string('codeName', codeNameOf(error.code));
  });
}
