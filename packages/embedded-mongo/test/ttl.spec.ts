import type { Collection } from 'mongodb';
import { openWithMovedClock, type MovedClock } from './support/moved-clock.js';

describe('TTL indexes', () => {
  const HOUR = 3_600_000;
  let test: MovedClock;
  let rows: Collection<{ _id: unknown; [field: string]: unknown }>;

  beforeAll(async () => {
    test = await openWithMovedClock();
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    rows = test.client.db('ttl').collection('rows');
    await rows.drop();
  });

  const hence = (ms: number) => new Date(test.now() + ms);
  const left = async () => (await rows.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  const advance = (ms: number) => test.advance(ms);

  it.each([1, -1] as const)('deletes what is older than the limit, and only that (%s)', async (direction) => {
    await rows.createIndex({ at: direction }, { expireAfterSeconds: 3600 });
    await rows.insertMany([
      { _id: 1, at: hence(0) },
      { _id: 2, at: hence(HOUR) },
      { _id: 3, at: 'never' },
      { _id: 4 },
      { _id: 5, at: new Date(-5) },
      { _id: 6, at: [hence(5 * HOUR), hence(0)] },
      { _id: 7, at: [hence(5 * HOUR), 'x'] },
      { _id: 8, at: test.now() },
    ]);
    await advance(HOUR - 1);
    expect(await left()).toEqual([1, 2, 3, 4, 6, 7, 8]);
    await advance(60_000);
    expect(await left()).toEqual([2, 3, 4, 7, 8]);
    await advance(10 * HOUR);
    expect(await left()).toEqual([3, 4, 8]);
    expect(await test.client.db('ttl').command({ validate: 'rows' })).toMatchObject({
      valid: true,
      nrecords: 3,
    });
  });

  it('heeds the filter of a partial index, also of a hidden one', async () => {
    await rows.createIndex(
      { at: 1 },
      { expireAfterSeconds: 0, partialFilterExpression: { temporary: true }, hidden: true },
    );
    await rows.insertMany([
      { _id: 1, at: hence(0), temporary: true },
      { _id: 2, at: hence(0) },
    ]);
    await advance(HOUR);
    expect(await left()).toEqual([2]);
  });

  it('goes through many in portions', async () => {
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await rows.insertMany(
      Array.from({ length: 1800 }, (_, _id) => ({ _id, at: hence(_id < 1700 ? 0 : 9 * HOUR) })),
    );
    await advance(HOUR);
    expect(await rows.countDocuments()).toBe(100);
  });

  it('leaves what a transaction holds to the next pass', async () => {
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await advance(60_000);
    await rows.insertMany([
      { _id: 1, at: hence(0) },
      { _id: 2, at: hence(0) },
    ]);
    await advance(59_000);
    const session = test.client.startSession();
    session.startTransaction();
    await rows.updateOne({ _id: 1 as never }, { $set: { held: true } }, { session });
    await advance(2_000);
    expect(await left()).toEqual([1]);
    await session.abortTransaction();
    await session.endSession();
    await advance(60_000);
    expect(await left()).toEqual([]);
  });

  it('works once a minute, and not when it is switched off', async () => {
    const admin = test.client.db('admin');
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await advance(HOUR);
    await rows.insertOne({ _id: 1, at: hence(-1) });
    await advance(59_000);
    expect(await left()).toEqual([1]);
    expect(await admin.command({ setParameter: 1, ttlMonitorEnabled: false })).toMatchObject({ was: true });
    await advance(HOUR);
    expect(await left()).toEqual([1]);
    await admin.command({ setParameter: 1, ttlMonitorEnabled: true });
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    await advance(1000);
    expect(await left()).toEqual([]);
    expect((await admin.command({ serverStatus: 1 }))['metrics'].ttl.deletedDocuments).toBeGreaterThan(0);
  });
});
