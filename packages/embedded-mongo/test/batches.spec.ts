import { Long, type Db, type Document, type MongoBulkWriteError } from 'mongodb';
import { openTestStore, type TestStore } from './support/embedded.js';

const DOCUMENTS = 400;
const BYTES = 10_000;

describe('the size of a batch', () => {
  let test: TestStore;
  let db: Db;
  beforeAll(async () => {
    test = await openTestStore();
    db = test.client.db('batches');
    const text = 'x'.repeat(BYTES);
    await db.collection('rows').insertMany(Array.from({ length: DOCUMENTS }, () => ({ text })));
  });
  afterAll(() => test.close());

  /** The batches behind an empty first one. */
  const batches = async (size: Document): Promise<number[]> => {
    const opened = await db.command({ find: 'rows', batchSize: 0 });
    let id = opened['cursor'].id as Long | number;
    const lengths: number[] = [];
    while (Number(id) !== 0) {
      const more = await db.command({ getMore: Long.fromValue(id), collection: 'rows', ...size });
      lengths.push(more['cursor'].nextBatch.length);
      id = more['cursor'].id;
    }
    return lengths;
  };

  it('is what the client asks for', async () => {
    expect(await batches({ batchSize: 350 })).toEqual([350, 50]);
  });

  it('is about a megabyte if the client leaves it open', async () => {
    const lengths = await batches({});
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(DOCUMENTS);
    expect(Math.max(...lengths) * BYTES).toBeLessThan(1024 * 1024);
    expect(lengths.length).toBe(4);
  });

  it('tells every failed statement, though their texts would outgrow a message', async () => {
    const keys = db.collection<{ _id: string }>('keys');
    const _id = 'k'.repeat(1000);
    await keys.insertOne({ _id });
    const failed = await keys
      .insertMany(
        Array.from({ length: 20_000 }, () => ({ _id })),
        { ordered: false },
      )
      .catch((error: unknown) => error as MongoBulkWriteError);
    const errors = [(failed as MongoBulkWriteError).writeErrors].flat();
    expect([errors.length, errors[0]!.errmsg!.length > 1000, errors[19_999]]).toMatchObject([
      20_000,
      true,
      { index: 19_999, code: 11000, errmsg: '' },
    ]);
  });
});
