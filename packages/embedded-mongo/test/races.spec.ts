import { MongoBulkWriteError, MongoClient, type Collection } from 'mongodb';
import { raceCounters, raceTransfers, raceUpserts, through as throughClient } from './drills/race-drill.js';
import { openTestStore, type TestStore } from './support/embedded.js';
import { Random } from './support/random.js';

const DUPLICATE_KEY = 11000;

describe('races', () => {
  let test: TestStore;
  const clients: MongoClient[] = [];
  beforeAll(async () => {
    test = await openTestStore();
    for (let index = 0; index < 4; index += 1) {
      clients.push(await MongoClient.connect(test.store.uri, { maxPoolSize: 25 }));
    }
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await test.close();
  });

  const through = (index: number, name: string): Collection =>
    throughClient({ clients, db: 'races' }, index, name);

  it('2,000 concurrent get-or-creates of one key make one document and lose nothing', () =>
    raceUpserts({ clients, db: 'races' }, 2000));

  it('50 counters × 200 $inc are exact, and no value is returned twice', () =>
    raceCounters({ clients, db: 'races' }, 50, 200));

  it('200 transfers between 5 accounts keep the sum, in every snapshot', async () => {
    const { retries, sums } = await raceTransfers({ clients, db: 'races' }, 5, 200);
    expect(retries).toBeGreaterThan(0);
    expect(sums).toBeGreaterThan(0);
  });

  it.each([true, false])(
    'batches (ordered: %s) with planted duplicates store exactly what they report',
    async (ordered) => {
      const random = new Random(20);
      const name = `batches-${ordered}`;
      await through(0, name).createIndex({ key: 1 }, { unique: true });
      const taken = Array.from({ length: 40 }, (_, batch) => ({ key: `taken-${batch}` }));
      await through(0, name).insertMany(taken.map((document) => ({ ...document })));
      const batches = taken.map(({ key }, batch) => {
        const planted = random
          .sample(
            Array.from({ length: 50 }, (_, index) => index),
            2,
          )
          .sort((a, b) => a - b);
        const documents = Array.from({ length: 50 }, (_, index) => ({
          _id: `${batch}-${index}`,
          key: planted.includes(index) ? key : `${batch}-${index}`,
        }));
        return { documents, planted };
      });
      await Promise.all(
        batches.map(async ({ documents, planted }, batch) => {
          const error: unknown = await through(batch, name)
            .insertMany(documents as never[], { ordered })
            .catch((reason: unknown) => reason);
          if (!(error instanceof MongoBulkWriteError)) throw new Error('the duplicates went in');
          const reported = [error.writeErrors].flat();
          expect(reported.map(({ index, code }) => [index, code])).toEqual(
            (ordered ? planted.slice(0, 1) : planted).map((index) => [index, DUPLICATE_KEY]),
          );
          const stored = await through(batch, name)
            .find({ _id: { $regex: `^${batch}-` } as never })
            .toArray();
          const expected = documents.filter((_, index) =>
            ordered ? index < (planted[0] as number) : !planted.includes(index),
          );
          expect(new Set(stored.map(({ _id }) => _id))).toEqual(new Set(expected.map(({ _id }) => _id)));
          expect(error.insertedCount).toBe(expected.length);
        }),
      );
    },
  );

  it('a duplicate within one batch is refused like one already stored', async () => {
    await through(0, 'within').createIndex({ key: 1 }, { unique: true });
    const documents = [{ key: 1 }, { key: 2 }, { key: 1 }, { key: 3 }];
    const error: unknown = await through(0, 'within')
      .insertMany(documents)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: DUPLICATE_KEY, insertedCount: 2 });
    expect(await through(0, 'within').countDocuments()).toBe(2);
  });
});
