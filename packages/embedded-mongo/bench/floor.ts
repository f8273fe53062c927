import { deserialize, serialize } from 'bson';
import { open, type RootDatabase } from 'lmdb';
import type { Message } from './messages.js';

const RECORD = 1;
const BY_ID = 2;
const BY_SEQ = 3;
const BY_CLIENT_ID = 4;

/**
 * The floor: what a program would write that keeps messages straight in LMDB, in its own process: BSON documents, `_id` and
 * two more unique indexes, the store's own options of LMDB. No server, no query, no plan.
 */
export class Floor {
  private readonly db: RootDatabase<Buffer, Buffer>;
  private nextRecord = 1;

  constructor(path: string) {
    this.db = open<Buffer, Buffer>({
      path,
      keyEncoding: 'binary',
      encoding: 'binary',
      overlappingSync: false,
      eventTurnBatching: false,
      maxDbs: 1,
    });
  }

  /** Inserts the messages if none is there already; resolves when they are on disk. */
  async insert(messages: readonly Message[]): Promise<void> {
    const documents = messages.map((message) => serialize(message) as Buffer);
    const inserted = await this.db.transaction(() => {
      for (let i = 0; i < messages.length; i++) if (!this.add(messages[i]!, documents[i]!)) return false;
      return true;
    });
    if (!inserted) throw new Error('a duplicate');
  }

  private add(message: Message, document: Buffer): boolean {
    const keys = [
      idKey(message),
      seqKey(message.conversationId, message.seq),
      textKey(BY_CLIENT_ID, message.senderId, message.clientMsgId),
    ];
    for (const key of keys) if (this.db.doesExist(key)) return false;
    const record = recordId(this.nextRecord++);
    void this.db.put(recordKey(record), document);
    for (const key of keys) void this.db.put(key, record);
    return true;
  }

  bySeq(conversationId: string, seq: number): Message | undefined {
    const record = this.db.getBinary(seqKey(conversationId, seq));
    return record && this.load(record);
  }

  /** The messages with `from <= seq < to`. */
  range(conversationId: string, from: number, to: number): Message[] {
    const found: Message[] = [];
    for (const { value } of this.db.getRange({
      start: seqKey(conversationId, from),
      end: seqKey(conversationId, to),
    })) {
      found.push(this.load(value)!);
    }
    return found;
  }

  /** Sets `sentAt` of some messages in one commit. */
  async touch(messages: readonly (readonly [string, number])[], sentAt: number): Promise<void> {
    await this.db.transaction(() => {
      for (const [conversationId, seq] of messages) {
        const record = this.db.getBinary(seqKey(conversationId, seq))!;
        void this.db.put(recordKey(record), serialize({ ...this.load(record)!, sentAt }) as Buffer);
      }
    });
  }

  close(): Promise<void> {
    return this.db.close();
  }

  private load(record: Buffer): Message | undefined {
    const bytes = this.db.getBinaryFast(recordKey(record));
    return bytes && (deserialize(bytes) as Message);
  }
}

function recordId(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(number, 0, 6);
  return bytes;
}

function recordKey(record: Buffer): Buffer {
  const key = Buffer.allocUnsafe(10);
  key.writeUInt32BE(RECORD, 0);
  record.copy(key, 4);
  return key;
}

function idKey(message: Message): Buffer {
  const key = Buffer.allocUnsafe(17);
  key.writeUInt32BE(BY_ID, 0);
  key[4] = 7;
  key.set(message._id.id, 5);
  return key;
}

function seqKey(conversationId: string, seq: number): Buffer {
  const key = Buffer.allocUnsafe(conversationId.length + 16);
  key.writeUInt32BE(BY_SEQ, 0);
  key[4] = 2;
  const at = 5 + key.write(conversationId, 5, 'latin1');
  key.writeUInt16BE(1, at);
  key[at + 2] = 1;
  key.writeDoubleBE(seq, at + 3);
  return key;
}

function textKey(index: number, first: string, second: string): Buffer {
  const key = Buffer.allocUnsafe(first.length + second.length + 10);
  key.writeUInt32BE(index, 0);
  key[4] = 2;
  let at = 5 + key.write(first, 5, 'latin1');
  key.writeUInt16BE(1, at);
  key[at + 2] = 2;
  at += 3 + key.write(second, at + 3, 'latin1');
  key.writeUInt16BE(1, at);
  return key;
}
