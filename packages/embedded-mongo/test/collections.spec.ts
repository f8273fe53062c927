import type { Db, Document } from 'mongodb';
import { prefixEnd } from '../src/kv/key-writer.js';
import { openTestStore, type TestStore } from './support/embedded.js';
import { openWithMovedClock } from './support/moved-clock.js';
import { refusal, refused } from './support/refusal.js';

describe('collection commands', () => {
  let test: TestStore;
  let db: Db;
  let admin: Db;

  beforeAll(async () => {
    test = await openTestStore();
    admin = test.client.db('admin');
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    db = test.client.db('things');
    await db.dropDatabase();
  });

  const names = async (options: Document = {}) =>
    (await db.command({ listCollections: 1, ...options }))['cursor'].firstBatch.map(
      ({ name }: Document) => name,
    ) as string[];

  it('creates a collection, also a second time', async () => {
    await db.command({ create: 'a' });
    await db.command({ create: 'a', idIndex: { key: { _id: 1 }, name: '_id_' } });
    expect(await names()).toEqual(['a']);
  });

  it.each<[string, Document, number]>([
    ['capped', { capped: true, size: 1000 }, 238],
    ['validator', { validator: { a: 1 } }, 238],
    ['view', { viewOn: 'b', pipeline: [] }, 238],
    ['time series', { timeseries: { timeField: 't' } }, 238],
    ['collation', { collation: { locale: 'de' } }, 238],
    ['clustered', { clusteredIndex: { key: { _id: 1 }, unique: true } }, 238],
    ['no _id index', { autoIndexId: false }, 238],
    ['an _id index on another field', { idIndex: { key: { a: 1 }, name: 'a' } }, 2],
    ['an unknown option', { caped: true }, 40415],
  ])('refuses to create: %s', async (_, options, code) => {
    expect((await refused(db, { create: 'a', ...options })).code).toBe(code);
    expect(await names()).toEqual([]);
  });

  it.each<[string, unknown, number]>([
    ['an empty name', '', 73],
    ['a $', 'a$b', 73],
    ['a leading dot', '.a', 73],
    ['no string', 5, 73],
    ['a name too long', 'x'.repeat(255), 73],
  ])('refuses %s', async (_, name, code) => {
    expect((await refused(db, { create: name })).code).toBe(code);
  });

  it('takes the comparison by bytes for no collation', async () => {
    await db.command({ create: 'a', collation: { locale: 'simple' } });
    expect(await names()).toEqual(['a']);
  });

  it('drops a collection, and says nothing of one that is not there', async () => {
    await db.command({ create: 'a' });
    expect(await db.command({ drop: 'a' })).toMatchObject({ ns: 'things.a', nIndexesWas: 1, ok: 1 });
    const again = await db.command({ drop: 'a' });
    expect(again).toMatchObject({ ok: 1 });
    expect(again).not.toHaveProperty('ns');
  });

  it('drops a database, but not admin', async () => {
    await db.command({ create: 'a' });
    expect(await db.command({ dropDatabase: 1 })).toMatchObject({ dropped: 'things' });
    expect(await db.command({ dropDatabase: 1 })).not.toHaveProperty('dropped');
    expect((await refused(admin, { dropDatabase: 1 })).code).toBe(20);
    expect((await refused(db, { dropDatabase: 2 })).code).toBe(20);
  });

  it('lists collections by filter, by name only, in batches', async () => {
    for (const name of ['a', 'b', 'c']) await db.command({ create: name });
    expect(await names({ filter: { name: { $in: ['a', 'c'] } } })).toEqual(['a', 'c']);
    const { cursor } = await db.command({ listCollections: 1, nameOnly: true, authorizedCollections: true });
    expect(cursor.firstBatch[0]).toEqual({ name: 'a', type: 'collection' });
    const [full] = (await db.command({ listCollections: 1 }))['cursor'].firstBatch;
    expect(full).toMatchObject({
      name: 'a',
      type: 'collection',
      options: {},
      info: { readOnly: false },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    });
    const first = (await db.command({ listCollections: 1, cursor: { batchSize: 2 } }))['cursor'];
    expect(first.ns).toBe('things.$cmd.listCollections');
    const more = await db.command({ getMore: first.id, collection: '$cmd.listCollections' });
    expect(more['cursor'].nextBatch).toMatchObject([{ name: 'c' }]);
  });

  it('lists databases with their sizes', async () => {
    await db.collection('a').insertOne({ text: 'x'.repeat(1000) });
    const { databases, totalSize } = await admin.command({ listDatabases: 1, filter: { name: 'things' } });
    expect(databases).toEqual([{ name: 'things', sizeOnDisk: totalSize, empty: false }]);
    expect(totalSize).toBeGreaterThan(1000);
    expect((await admin.command({ listDatabases: 1, nameOnly: true }))['databases']).toEqual([
      { name: 'things' },
    ]);
    expect(await refusal(db, { listDatabases: 1 })).toEqual([13, 'Unauthorized']);
  });

  describe('renameCollection', () => {
    beforeEach(async () => {
      await db.collection('a').insertMany([{ n: 1 }, { n: 2 }]);
      await db.collection('a').createIndex({ n: 1 }, { unique: true });
      await db.collection('b').insertOne({ n: 'b' });
    });
    const rename = (from: string, to: string, options: Document = {}) => ({
      renameCollection: from,
      to,
      ...options,
    });

    it('keeps documents and indexes, across databases too', async () => {
      await admin.command(rename('things.a', 'elsewhere.x'));
      const moved = test.client.db('elsewhere').collection('x');
      expect(await moved.countDocuments({ n: 2 })).toBe(1);
      await expect(moved.insertOne({ n: 1 })).rejects.toMatchObject({ code: 11000 });
      expect(await names()).toEqual(['b']);
      await moved.drop();
    });

    it('replaces the target if it may', async () => {
      expect(await refusal(admin, rename('things.a', 'things.b'))).toEqual([48, 'NamespaceExists']);
      await admin.command(rename('things.a', 'things.b', { dropTarget: true }));
      expect(await db.collection('b').countDocuments()).toBe(2);
      expect(await names()).toEqual(['b']);
    });

    it('ends the cursors on it', async () => {
      const { cursor } = await db.command({ find: 'a', batchSize: 1 });
      await admin.command(rename('things.a', 'things.c'));
      expect((await refused(db, { getMore: cursor.id, collection: 'a' })).code).toBe(175);
    });

    it.each<[string, Document, number]>([
      ['a source that is not there', rename('things.x', 'things.y'), 26],
      ['itself', rename('things.a', 'things.a'), 20],
      ['no target', { renameCollection: 'things.a' }, 40414],
      ['a target without a database', rename('things.a', 'b'), 73],
      ['an invalid target', rename('things.a', 'things.$b'), 73],
    ])('refuses %s', async (_, command, code) => {
      expect((await refused(admin, command)).code).toBe(code);
      expect(await refusal(db, command)).toEqual([13, 'Unauthorized']);
    });
  });

  it('is known by its new name alone', async () => {
    await db.collection('old').insertOne({ n: 1 });
    await admin.command({ renameCollection: 'things.old', to: 'things.new' });
    expect(await db.command({ validate: 'new' })).toMatchObject({
      ns: 'things.new',
      nrecords: 1,
      valid: true,
    });
    expect(await refusal(db, { validate: 'old' })).toEqual([26, 'NamespaceNotFound']);
  });

  it('counts and measures', async () => {
    await db
      .collection('a')
      .insertMany(Array.from({ length: 50 }, (_, _id) => ({ _id: _id as never, s: 'x'.repeat(90) })));
    await db.collection('a').createIndex({ s: 1 });
    const size = 50 * (5 + 9 + 7 + 91);
    expect(await db.command({ collStats: 'a' })).toMatchObject({
      ns: 'things.a',
      size,
      count: 50,
      avgObjSize: size / 50,
      nindexes: 2,
      capped: false,
      scaleFactor: 1,
      indexSizes: { _id_: expect.any(Number), s_1: expect.any(Number) },
    });
    expect(await db.command({ collStats: 'a', scale: 1024 })).toMatchObject({
      size: Math.floor(size / 1024),
    });
    expect(await db.command({ collStats: 'nowhere' })).toMatchObject({ count: 0, size: 0, nindexes: 0 });
    expect(await db.command({ dbStats: 1 })).toMatchObject({
      db: 'things',
      collections: 1,
      objects: 50,
      dataSize: size,
      indexes: 2,
      fsTotalSize: expect.any(Number),
    });
    expect(await db.command({ dataSize: 'things.a' })).toMatchObject({ size, numObjects: 50 });
    expect((await refused(db, { collStats: 'a', scale: 0 })).code).toBe(51024);
    expect(await db.command({ validate: 'a' })).toMatchObject({
      nrecords: 50,
      nIndexes: 2,
      keysPerIndex: { _id_: 50, s_1: 50 },
      indexDetails: { _id_: { valid: true }, s_1: { valid: true } },
      valid: true,
      errors: [],
    });
  });

  it('finds in validate an index that misses a document or has one too many', async () => {
    const { server, client, close } = await openWithMovedClock();
    const { catalog, store } = server.engine;
    const rows = client.db('things').collection('rows');
    await rows.createIndex({ n: 1 });
    await rows.insertMany([{ n: 1 }, { n: 2 }]);
    const start = Buffer.alloc(4);
    start.writeUInt32BE(catalog.committed.get('things.rows')!.indexes[1]!.ident);
    const [first] = store.committed.range({ start, end: prefixEnd(start) });
    const validate = async () => {
      await store.settled();
      return client.db('things').command({ validate: 'rows' });
    };
    store.planned.remove(first!.key);
    expect(await validate()).toMatchObject({
      valid: false,
      nrecords: 2,
      keysPerIndex: { _id_: 2, n_1: 1 },
      indexDetails: { _id_: { valid: true }, n_1: { valid: false } },
      errors: ["index 'n_1' has 1 missing and 0 extra entries"],
    });
    store.planned.put(first!.key, first!.value);
    store.planned.put(Buffer.concat([first!.key, Buffer.of(1)]), first!.value);
    expect(await validate()).toMatchObject({ errors: ["index 'n_1' has 0 missing and 1 extra entries"] });
    await close();
  });
});
