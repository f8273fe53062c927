import { randomBytes } from 'node:crypto';
import type { BsonWriter } from '../bson/writer.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Settings } from '../parameters.js';
import { sessionIdOf } from '../sessions/session-id.js';
import type { Transaction } from '../transactions/transaction.js';
import type { TimeLimit } from '../time-limit.js';
import type { Value } from '../bson/value.js';

/** MongoDB's first batch and the bytes a reply may carry. */
export const FIRST_BATCH = 101;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** A batch whose size the client leaves open: everybody else waits while it is made, and it lies in memory. */
const OPEN_BATCH_BYTES = 1024 * 1024;
const MAX_OPEN = 10_000;

/** Documents one after the other. `next` may be called in any later turn; it holds nothing of the store in between. */
export interface DocumentSource {
  /**
   * Offers documents until `take` returns false (that document is offered again next time) or there are no more. After
   * 'last' no other needs to be looked for now.
   */
  drain(take: Take): 'more' | 'done';
}

export type Take = (doc: Buffer) => boolean | 'last';

/** The session and transaction that a cursor belongs to. */
export interface CursorOwner {
  /** `lsid` as it came. */
  readonly lsid: Value | undefined;
  readonly txnNumber: bigint | undefined;
  readonly transaction: Transaction | undefined;
}

interface OpenCursor {
  /** The session's id. */
  readonly session: string | undefined;
  readonly txnNumber: bigint | undefined;
  readonly ns: string;
  readonly source: DocumentSource;
  /** Without one it stays until it is used up or killed. */
  readonly expires: boolean;
  readonly limit: TimeLimit | undefined;
  usedAt: number;
}

/** The open cursors of the server. */
export class Cursors {
  /** Of the command being run. */
  owner: CursorOwner = { lsid: undefined, txnNumber: undefined, transaction: undefined };
  /** What the command being run may take; what is left of it goes with its cursor. */
  limit: TimeLimit | undefined;
  private readonly open = new Map<bigint, OpenCursor>();

  constructor(
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {}

  /** Writes the first batch as `cursor: {firstBatch, id, ns}` and keeps the rest. */
  first(
    reply: BsonWriter,
    ns: string,
    source: DocumentSource,
    batchSize: number,
    { single = false, expires = true } = {},
  ): void {
    const cursor = reply.beginObject('cursor');
    const state = writeBatch(reply, 'firstBatch', source, batchSize);
    reply.long('id', state === 'done' || single ? 0n : this.keep(ns, source, expires));
    reply.string('ns', ns);
    reply.end(cursor);
  }

  next(reply: BsonWriter, ns: string, id: bigint, batchSize: number): void {
    const found = this.open.get(id);
    if (!found) throw new CommandError(ErrorCode.CursorNotFound, `cursor id ${id} not found`);
    if (found.ns !== ns) {
      throw new CommandError(
        ErrorCode.Unauthorized,
        `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${found.ns}`,
      );
    }
    assertOwner(id, found, { session: sessionOf(this.owner), txnNumber: this.owner.txnNumber });
    found.usedAt = this.now();
    const cursor = reply.beginObject('cursor');
    let state: 'more' | 'done';
    try {
      const maxBytes = batchSize === Infinity ? OPEN_BATCH_BYTES : MAX_BATCH_BYTES;
      const write = () => writeBatch(reply, 'nextBatch', found.source, batchSize, maxBytes);
      state = found.limit ? found.limit.during(write) : write();
    } catch (error) {
      this.open.delete(id);
      throw error;
    }
    if (state === 'done') this.open.delete(id);
    reply.long('id', state === 'done' ? 0n : id);
    reply.string('ns', ns);
    reply.end(cursor);
  }

  kill(id: bigint): boolean {
    return this.open.delete(id);
  }

  get size(): number {
    return this.open.size;
  }

  close(): void {
    this.open.clear();
  }

  private keep(ns: string, source: DocumentSource, expires: boolean): bigint {
    if (this.open.size >= MAX_OPEN) throw new CommandError(ErrorCode.InternalError, 'too many open cursors');
    const id = (randomBytes(8).readBigUInt64LE() >> 1n) + 1n;
    const { owner, limit } = this;
    const session = sessionOf(owner);
    const { txnNumber } = owner;
    this.open.set(id, { session, txnNumber, ns, source, expires, limit, usedAt: this.now() });
    void owner.transaction?.ended.then(() => this.open.delete(id));
    return id;
  }

  /** Ends the cursors that nobody has used for a while. */
  expire(): void {
    const limit = this.now() - this.settings.cursorTimeoutMillis;
    for (const [id, cursor] of this.open) if (cursor.expires && cursor.usedAt < limit) this.open.delete(id);
  }
}

type Belonging = Pick<OpenCursor, 'session' | 'txnNumber'>;

function sessionOf({ lsid }: CursorOwner): string | undefined {
  return lsid && sessionIdOf(lsid);
}

/** A cursor goes on only in the session and the transaction that opened it. */
function assertOwner(id: bigint, had: Belonging, now: Belonging): void {
  const refuse = (code: number, why: string) =>
    new CommandError(code, `Cannot run getMore on cursor ${id}, ${why}`);
  if (had.session !== now.session) {
    if (had.session === undefined) throw refuse(50736, 'which was not created in a session, in a session');
    if (now.session === undefined) throw refuse(50737, 'which was created in a session, without an lsid');
    throw refuse(50738, 'which was created in another session');
  }
  if (had.txnNumber !== now.txnNumber) {
    if (had.txnNumber === undefined)
      throw refuse(50739, 'which was not created in a transaction, in a transaction');
    if (now.txnNumber === undefined)
      throw refuse(50740, 'which was created in a transaction, without a txnNumber');
    throw refuse(50741, 'which was created in another transaction');
  }
}

function writeBatch(
  reply: BsonWriter,
  name: string,
  source: DocumentSource,
  batchSize: number,
  maxBytes = MAX_BATCH_BYTES,
): 'more' | 'done' {
  const batch = reply.beginArray(name);
  let count = 0;
  let bytes = 0;
  const state =
    batchSize === 0
      ? 'more'
      : source.drain((doc) => {
          if (count >= batchSize || (count > 0 && bytes + doc.length > maxBytes)) return false;
          reply.document(indexName(count++), doc);
          bytes += doc.length;
          return count < batchSize || 'last';
        });
  reply.end(batch);
  return state;
}

const indexNames: string[] = [];

/** Array positions as field names, made once. */
function indexName(index: number): string {
  if (index >= 10_000) return String(index);
  return (indexNames[index] ??= String(index));
}

/** A source over documents that are all in memory. */
export class ListSource implements DocumentSource {
  private at = 0;
  constructor(private readonly docs: readonly Buffer[]) {}

  drain(take: Take): 'more' | 'done' {
    for (; this.at < this.docs.length; this.at++) if (!take(this.docs[this.at]!)) return 'more';
    return 'done';
  }
}
