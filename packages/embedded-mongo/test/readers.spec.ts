import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient, type ClientSession, type Collection } from 'mongodb';
import { startServer, type RunningServer } from '../dist/server.js';
import { freshFolder } from './support/embedded.js';

/** A reader that is left open keeps every later page from being used again. */
describe('readers of the store', () => {
  let server: RunningServer;
  let client: MongoClient;
  let file: string;
  let offset = 0;
  let rows: Collection<{ _id: number; a: number; b: number; c: number; n?: number }>;

  beforeAll(async () => {
    const dbPath = await freshFolder();
    file = join(dbPath, 'lmdb', 'data.mdb');
    const onFatal = (error: Error) => {
      throw error;
    };
    server = await startServer({ dbPath, port: 0, onFatal, now: () => Date.now() + offset });
    client = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
    rows = client.db('test').collection('rows');
    await rows.createIndexes([{ key: { a: 1, b: 1 } }, { key: { c: 1, b: 1 } }]);
    await rows.insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, a: _id % 5, b: _id, c: _id % 3 })));
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const openOnes: [string, () => Promise<unknown>][] = [
    ['a range', () => rows.find({ a: 1 }).batchSize(2).next()],
    [
      'a limited range',
      () =>
        rows
          .find({ a: { $gt: 1 } })
          .limit(3)
          .toArray(),
    ],
    [
      'a merge for $in',
      () =>
        rows
          .find({ a: { $in: [1, 2, 3] } })
          .sort({ b: 1 })
          .limit(3)
          .toArray(),
    ],
    [
      'a merge left open',
      () =>
        rows
          .find({ a: { $in: [1, 2, 3] } })
          .sort({ b: 1 })
          .batchSize(2)
          .next(),
    ],
    [
      'a merge for $or',
      () =>
        rows
          .find({ $or: [{ a: 1 }, { c: 1 }] })
          .sort({ b: 1 })
          .limit(3)
          .toArray(),
    ],
    [
      'a union',
      () =>
        rows
          .find({ $or: [{ a: 1 }, { c: 1 }] })
          .batchSize(2)
          .next(),
    ],
    ['a distinct', () => rows.distinct('a')],
    [
      'a pipeline left open',
      () =>
        rows
          .aggregate([{ $unwind: '$b' }])
          .batchSize(2)
          .next(),
    ],
    [
      'a $unionWith left open',
      () =>
        rows
          .aggregate([{ $limit: 1 }, { $unionWith: 'rows' }, { $unwind: '$b' }])
          .batchSize(5)
          .next(),
    ],
    [
      'a $lookup left open',
      () =>
        rows
          .aggregate([
            {
              $lookup: {
                from: 'rows',
                localField: 'a',
                foreignField: 'a',
                as: 'x',
                pipeline: [{ $limit: 1 }],
              },
            },
          ])
          .batchSize(2)
          .next(),
    ],
  ];

  /** How much the file grows by commits that use old pages again unless somebody still reads them. */
  async function growth(): Promise<number> {
    const before = (await stat(file)).size;
    for (let i = 0; i < 150; i++) await rows.updateOne({ _id: i }, { $inc: { n: 1 } });
    return (await stat(file)).size - before;
  }

  it.each(openOnes)('are not held by %s', async (_, read) => {
    await growth();
    await read();
    expect(await growth()).toBeLessThan(1_000_000);
  });

  it('are given back by transactions that are committed, aborted or expire', async () => {
    await growth();
    const ends = [
      (session: ClientSession) => session.commitTransaction(),
      (session: ClientSession) => session.abortTransaction(),
      () => {
        offset += 61_000;
        server.engine.housekeep();
      },
    ];
    for (const end of ends) {
      const session = client.startSession();
      session.startTransaction();
      await rows
        .find({ a: { $in: [1, 2] } }, { session })
        .sort({ b: 1 })
        .batchSize(2)
        .next();
      await rows.updateOne({ _id: 400 }, { $inc: { n: 1 } }, { session });
      await end(session);
      void session.endSession();
    }
    expect(await growth()).toBeLessThan(1_000_000);
  });

  it('can be told from the file: a transaction left open makes it grow', async () => {
    await growth();
    const session = client.startSession();
    session.startTransaction();
    await rows.findOne({}, { session });
    expect(await growth()).toBeGreaterThan(1_000_000);
    await session.endSession();
  });
});
