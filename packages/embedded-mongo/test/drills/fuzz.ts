import { Long, ObjectId, UUID } from 'mongodb';
import type { Random } from '../support/random.js';
import { legacyHello, message, messageWithSequence, packet, WireConnection } from '../support/wire.js';

const CONNECTIONS_AT_ONCE = 16;

/**
 * Sends mutated packets, each answered or its connection closed before the next goes out, so that every one reaches
 * the decoder. A connection lives as long as the server keeps it.
 */
export async function fuzz(port: number, packets: number, random: Random): Promise<void> {
  const seeds = validPackets();
  let left = packets;
  const control = await WireConnection.open(port);
  // What waits for a transaction that nobody will end waits a second, not a minute.
  await control.command({ setParameter: 1, transactionLifetimeLimitSeconds: 1, $db: 'admin' });
  await control.finish();
  const worker = async (): Promise<void> => {
    let connection = await WireConnection.open(port);
    while (left > 0) {
      left -= 1;
      if (!(await survives(connection, mutate(random.pick(seeds), random))))
        connection = await WireConnection.open(port);
    }
    await connection.finish();
  };
  await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, worker));
}

/** Whether the connection is still in step after the packet: it answers a ping that follows. */
async function survives(connection: WireConnection, bytes: Buffer): Promise<boolean> {
  connection.send(bytes);
  const inFrame = bytes.length >= 16 && bytes.readInt32LE(0) === bytes.length;
  if (!inFrame) {
    await connection.finish();
    return false;
  }
  const ping = message({ ping: 1, $db: 'admin' });
  connection.send(ping);
  return connection.answers(ping.readInt32LE(4));
}

function validPackets(): Buffer[] {
  const $db = 'fuzz';
  const lsid = { id: new UUID() };
  const transaction = { lsid, txnNumber: Long.fromNumber(2), autocommit: false };
  const row = {
    _id: new ObjectId(),
    a: 1,
    b: 'text',
    c: { d: [1, 2.5, null, true] },
    at: new Date(),
    n: Long.fromNumber(5),
  };
  return [
    message({ hello: 1, $db: 'admin' }),
    legacyHello(),
    message({ insert: 'c', documents: [row], ordered: true, $db }),
    messageWithSequence({ insert: 'c', ordered: false, $db }, 'documents', [row, { ...row, _id: 1 }]),
    message({
      find: 'c',
      filter: { a: { $gt: 0 }, $or: [{ b: 'x' }, { 'c.d': 2.5 }] },
      sort: { a: -1 },
      limit: 5,
      $db,
    }),
    message({
      update: 'c',
      updates: [{ q: { a: 1 }, u: { $inc: { n: 1 }, $push: { l: 1 } }, upsert: true }],
      $db,
    }),
    message({ delete: 'c', deletes: [{ q: { a: { $in: [1, 2] } }, limit: 1 }], $db }),
    message({ getMore: Long.fromNumber(5), collection: 'c', $db }),
    message({
      aggregate: 'c',
      pipeline: [{ $match: { a: 1 } }, { $group: { _id: 1, n: { $sum: 1 } } }],
      cursor: {},
      $db,
    }),
    message({ findAndModify: 'c', query: { a: 1 }, update: { $set: { b: 2 } }, new: true, $db }),
    message({ createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'a_1' }], $db }),
    message({ find: 'c', filter: {}, batchSize: 1, projection: { 'c.d': { $slice: 1 } }, $db }),
    message({ killCursors: 'c', cursors: [Long.fromNumber(5)], $db }),
    message({ count: 'c', query: { b: /^t/i }, $db }),
    message({ distinct: 'c', key: 'c.d', query: {}, $db }),
    message({ explain: { find: 'c', filter: { a: 1 } }, verbosity: 'executionStats', $db }),
    message({
      update: 'c',
      updates: [{ q: {}, u: { $set: { 'l.$[x].y': 1 } }, arrayFilters: [{ 'x.y': 2 }], multi: true }],
      $db,
    }),
    message({
      aggregate: 'c',
      pipeline: [
        { $lookup: { from: 'c', localField: 'a', foreignField: 'a', as: 'm' } },
        { $project: { n: { $add: ['$a', { $size: '$m' }] }, t: { $cond: [{ $gt: ['$a', 1] }, 'x', '$b'] } } },
        { $sort: { n: -1 } },
      ],
      cursor: {},
      $db,
    }),
    // Sessions, retryable writes and transactions, on a collection that nothing else waits for.
    message({ insert: 's', documents: [row], lsid, txnNumber: Long.fromNumber(1), $db }),
    message({ insert: 's', documents: [{ a: 1 }], startTransaction: true, ...transaction, $db }),
    message({ commitTransaction: 1, ...transaction, $db: 'admin' }),
    message({ abortTransaction: 1, ...transaction, $db: 'admin' }),
    packet(2013, Buffer.alloc(0)),
    packet(2012, Buffer.concat([Buffer.from([0xdd, 7, 0, 0, 30, 0, 0, 0, 1]), Buffer.alloc(30)])),
  ];
}

function mutate(seed: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(seed);
  return random.weighted<Buffer>([
    [6, () => flipBits(bytes, random, 0)],
    // Beyond the header: what is broken there reaches the decoder and not only the frame's length check.
    [8, () => flipBits(bytes, random, 16)],
    [1, () => bytes.subarray(0, random.below(bytes.length))],
    [3, () => framed(bytes.subarray(0, random.between(16, bytes.length)))],
    [1, () => framed(Buffer.concat([bytes, bytes.subarray(random.below(bytes.length))]))],
    [2, () => overwriteInt32(bytes, 0, random)],
    [3, () => overwriteInt32(bytes, Math.min(bytes.length - 4, 16 + random.below(bytes.length)), random)],
    [1, () => bytes],
  ]);
}

/** With a header that tells the true length, so that what is cut or doubled reaches the decoder. */
function framed(bytes: Buffer): Buffer {
  const whole = Buffer.from(bytes);
  whole.writeInt32LE(whole.length, 0);
  return whole;
}

function flipBits(bytes: Buffer, random: Random, from: number): Buffer {
  for (let flips = random.between(1, 6); flips > 0 && bytes.length > from; flips -= 1) {
    const at = from + random.below(bytes.length - from);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  }
  return bytes;
}

function overwriteInt32(bytes: Buffer, at: number, random: Random): Buffer {
  const value = random.pick([
    0,
    -1,
    1,
    15,
    16,
    bytes.length + 1,
    2 ** 31 - 1,
    -(2 ** 31),
    48 * 1024 * 1024 + 1,
  ]);
  bytes.writeInt32LE(value, Math.max(0, at));
  return bytes;
}
