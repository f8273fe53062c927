import { T } from '../bson/types.js';
import { findByName, objectValue, readLong, readString } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { prefixEnd } from '../kv/key-writer.js';
import type { KvView, WriteSet } from '../kv/view.js';

const PREFIX = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from('r')]);

/** The outcome of a session's last retryable write or transaction: it goes to disk with what it tells of. */
export interface RetryRecord {
  readonly txnNumber: bigint;
  readonly state: 'written' | 'committed';
  /** The reply of a retryable write. */
  readonly reply?: Buffer;
  /** Epoch milliseconds. */
  readonly usedAt: number;
}

function keyOf(session: string): Buffer {
  return Buffer.concat([PREFIX, Buffer.from(session, 'latin1')]);
}

export function putRetryRecord(target: WriteSet, session: string, record: RetryRecord): void {
  const doc = buildDocument((writer) => {
    writer.long('txnNumber', record.txnNumber);
    writer.string('state', record.state);
    writer.date('usedAt', record.usedAt);
    if (record.reply) writer.document('reply', record.reply);
  });
  target.put(keyOf(session), doc);
}

export function removeRetryRecord(target: WriteSet, session: string): void {
  target.remove(keyOf(session));
}

/** The reply in a session's record. */
export function recordedReply(view: KvView, session: string): Buffer | undefined {
  const doc = view.get(keyOf(session));
  const reply = doc && findByName(objectValue(doc), 'reply');
  return reply && Buffer.from(reply.buf.subarray(reply.start, reply.end));
}

/** All records, by session, without their replies. */
export function* retryRecords(view: KvView): Generator<[string, Omit<RetryRecord, 'reply'>]> {
  for (const { key, value } of view.range({ start: PREFIX, end: prefixEnd(PREFIX) })) {
    const doc = objectValue(value);
    yield [
      key.toString('latin1', PREFIX.length),
      {
        txnNumber: readLong(findByName(doc, 'txnNumber')!),
        state: readString(findByName(doc, 'state')!) as RetryRecord['state'],
        usedAt: Number(readLong({ ...findByName(doc, 'usedAt')!, type: T.long })),
      },
    ];
  }
}
