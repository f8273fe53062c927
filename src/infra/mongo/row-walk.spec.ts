import mongoose, { type Connection } from 'mongoose';
import { startStore, type StoreProcess } from '../../../test/support/store-process.js';
import { type IndexKey, RowWalk } from './row-walk.js';

interface Row {
  a?: unknown;
  b?: unknown;
}

describe('walking rows in index order', () => {
  let store: StoreProcess;
  let connection: Connection;

  beforeAll(async () => {
    store = await startStore();
    connection = await mongoose.createConnection(store.uri, { dbName: 'walk' }).asPromise();
  });

  afterAll(async () => {
    await connection.close();
    await store.stop();
  });

  let made = 0;
  const walkOver = async (rows: Row[]): Promise<RowWalk<Row>> => {
    const collection = connection.collection(`rows${made++}`);
    await collection.createIndex({ a: 1, b: 1 });
    await collection.insertMany(rows.map((row): object => ({ ...row })));
    return new RowWalk<Row>({ collection } as never, { a: 'text', b: 'number' });
  };

  const pagesOf = async (walk: RowWalk<Row>, limit: number): Promise<Row[][]> => {
    const pages: Row[][] = [];
    let after: IndexKey | null = null;
    do {
      const page: { rows: Row[]; next: IndexKey | null } = await walk.page(after, limit);
      pages.push(page.rows);
      after = page.next;
    } while (after !== null);
    return pages;
  };

  const sorted: Row[] = ['x', 'y', 'z'].flatMap((a) => [0, 1, 2, 10].map((b) => ({ a, b })));

  it.each([1, 2, 3, 4, 5, 11, 12, 13])('reads every row once, in order, %i a page', async (limit) => {
    const walk = await walkOver([...sorted].reverse());
    const pages = await pagesOf(walk, limit);
    expect(pages.flat()).toEqual(sorted);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
  });

  it.each([1, 2, 3, 4])('gives all rows of one key in one page, %i a page', async (limit) => {
    const rows = sorted.flatMap((row) => (row.b === 1 ? [row, row] : [row]));
    const pages = await pagesOf(await walkOver(rows.map((row) => ({ ...row }))), limit);
    expect(pages.flat()).toEqual(rows);
    for (const { a } of rows.filter(({ b }) => b === 1)) {
      const holding = pages.filter((page) => page.some((row) => row.a === a && row.b === 1));
      expect(holding).toHaveLength(1);
    }
  });

  it.each([1, 2, 100])('sees rows without a key and goes on past them, %i a page', async (limit) => {
    const damaged: Row[] = [{ b: 5 }, { a: 'x' }, { a: 'y', b: null }];
    const walk = await walkOver([...sorted, ...damaged]);
    const rows = (await pagesOf(walk, limit)).flat();
    expect(rows).toHaveLength(sorted.length + damaged.length);
    expect(rows).toEqual(expect.arrayContaining([...sorted, ...damaged]));
  });

  it('always ends, whatever the keys hold', async () => {
    const odd = [undefined, null, NaN, -1, 'text', true, {}, [], new Date(0)];
    const rows = odd.flatMap((a) => odd.filter((b) => !Array.isArray(b)).map((b) => ({ a, b })));
    const walk = await walkOver([...rows.filter(({ a }) => !Array.isArray(a)), ...sorted]);
    for (const limit of [1, 3, 1000]) {
      const seen = (await pagesOf(walk, limit)).flat();
      expect(seen).toEqual(expect.arrayContaining(sorted));
    }
  });

  it('reads again what has a key now', async () => {
    const walk = await walkOver([{ a: 'x', b: 1 }, { a: 'x', b: 1 }, { a: 'y', b: 1 }, { b: 1 }]);
    expect(await walk.reread([['x', 1]])).toHaveLength(2);
    expect(await walk.reread([[undefined, 1]])).toEqual([{ b: 1 }]);
    expect(await walk.reread([['z', 1]])).toEqual([]);
  });
});
