import { MongoBulkWriteError, MongoClient, MongoServerError, type Collection } from 'mongodb';
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

  /** The same collection through one of several clients, so that requests come over many connections. */
  const through = (index: number, name: string): Collection =>
    (clients[index % clients.length] as MongoClient).db('races').collection(name);

  it('2,000 concurrent get-or-creates of one key make one document and lose nothing', async () => {
    await through(0, 'upserts').createIndex({ key: 1 }, { unique: true });
    let created = 0;
    let counted = 0;
    let duplicates = 0;
    const attempt = async (index: number): Promise<void> => {
      try {
        if (index % 2 === 0) {
          const update = { $inc: { n: 1 }, $setOnInsert: { by: index } };
          const result = await through(index, 'upserts').updateOne({ key: 'one' }, update, { upsert: true });
          counted += 1;
          created += result.upsertedCount;
        } else {
          await through(index, 'upserts').insertOne({ key: 'one', n: 0, by: index });
          created += 1;
        }
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
        expect(error['keyPattern']).toEqual({ key: 1 });
        expect(error['keyValue']).toEqual({ key: 'one' });
        duplicates += 1;
      }
    };
    await Promise.all(Array.from({ length: 2000 }, (_, index) => attempt(index)));
    const documents = await through(0, 'upserts').find().toArray();
    expect(documents).toHaveLength(1);
    expect(created).toBe(1);
    expect(duplicates).toBeGreaterThanOrEqual(999);
    expect(documents[0]?.['n']).toBe(counted);
  });

  it('50 counters × 200 $inc are exact, and no value is returned twice', async () => {
    const seen = new Map<number, Set<unknown>>();
    const steps = Array.from({ length: 50 * 200 }, (_, index) => async (): Promise<void> => {
      const counter = index % 50;
      const values = seen.get(counter) ?? new Set();
      seen.set(counter, values);
      if (index % 4 !== 0) {
        await through(index, 'counters').updateOne({ counter }, { $inc: { n: 1 } });
        return;
      }
      const after = await through(index, 'counters').findOneAndUpdate(
        { counter },
        { $inc: { n: 1 } },
        { returnDocument: 'after' },
      );
      expect(values).not.toContain(after?.['n']);
      values.add(after?.['n']);
    });
    await through(0, 'counters').createIndex({ counter: 1 }, { unique: true });
    await through(0, 'counters').insertMany(Array.from({ length: 50 }, (_, counter) => ({ counter, n: 0 })));
    await inParallel(steps, 200);
    const counters = await through(0, 'counters').find().toArray();
    expect(counters.map(({ n }) => n)).toEqual(Array<number>(50).fill(200));
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

/** Runs the steps with at most `width` under way. */
async function inParallel(steps: (() => Promise<void>)[], width: number): Promise<void> {
  const left = steps.values();
  const worker = async (): Promise<void> => {
    for (const step of left) await step();
  };
  await Promise.all(Array.from({ length: width }, worker));
}
