import type { Db, Document } from 'mongodb';
import { planOf, stageNamed, stagesOf } from './drills/plan.js';
import { openTestStore, type TestStore } from './support/embedded.js';
import { refusal, refused } from './support/refusal.js';

describe('index commands', () => {
  let test: TestStore;
  let db: Db;
  let at = 0;
  /** A collection of its own for each case. */
  let coll: string;

  beforeAll(async () => {
    test = await openTestStore();
    db = test.client.db('indexes');
  });
  afterAll(() => test.close());
  beforeEach(() => (coll = `c${at++}`));

  const run = async (command: Document) => {
    const { operationTime: _time, $clusterTime: _cluster, ...reply } = await db.command(command);
    return reply;
  };
  const build = (...indexes: Document[]) => run({ createIndexes: coll, indexes });
  const specs = async () => (await db.command({ listIndexes: coll }))['cursor'].firstBatch as Document[];

  it('tells what it built, and that all is there already', async () => {
    expect(await build({ key: { a: 1 }, name: 'a_1' })).toEqual({
      numIndexesBefore: 1,
      numIndexesAfter: 2,
      createdCollectionAutomatically: true,
      ok: 1,
    });
    expect(await build({ key: { a: 1 }, name: 'a_1' }, { key: { _id: 1 }, name: 'mine' })).toEqual({
      numIndexesBefore: 2,
      numIndexesAfter: 2,
      note: 'all indexes already exist',
      ok: 1,
    });
    expect(await build({ key: { b: 1 }, name: 'b_1' })).toMatchObject({
      numIndexesAfter: 3,
      createdCollectionAutomatically: false,
    });
    expect((await specs()).map(({ name }) => name)).toEqual(['_id_', 'a_1', 'b_1']);
  });

  it('lists every option in the order of MongoDB', async () => {
    await build({
      name: 'x',
      expireAfterSeconds: 5,
      hidden: true,
      partialFilterExpression: { b: { $gt: 1 } },
      unique: 1,
      key: { a: -1 },
      collation: { locale: 'simple' },
    });
    const [id, x] = await specs();
    expect(JSON.stringify(id)).toBe('{"v":2,"key":{"_id":1},"name":"_id_"}');
    expect(JSON.stringify(x)).toBe(
      '{"v":2,"key":{"a":-1},"name":"x","unique":true,"hidden":true,"partialFilterExpression":{"b":{"$gt":1}},"expireAfterSeconds":5}',
    );
  });

  it.each<[string, Document, number]>([
    ['no name', { key: { a: 1 } }, 9],
    ['no key', { name: 'a' }, 9],
    ['an unknown option', { key: { a: 1 }, name: 'a', unqiue: true }, 197],
    ['a key that is no document', { key: 'a', name: 'a' }, 14],
    ['an empty key', { key: {}, name: 'a' }, 67],
    ['direction 0', { key: { a: 0 }, name: 'a' }, 67],
    ['direction true', { key: { a: true }, name: 'a' }, 67],
    ['an unknown kind', { key: { a: 'fancy' }, name: 'a' }, 67],
    ['an empty field', { key: { 'a..b': 1 }, name: 'a' }, 67],
    ['a field of an operator', { key: { $a: 1 }, name: 'a' }, 67],
    ['the name *', { key: { a: 1 }, name: '*' }, 2],
    ['the name of the _id index', { key: { a: 1 }, name: '_id_' }, 2],
    ['an empty name', { key: { a: 1 }, name: '' }, 67],
    ['a name that is no string', { key: { a: 1 }, name: 5 }, 14],
    ['a unique that is no boolean', { key: { a: 1 }, name: 'a', unique: 'yes' }, 14],
    ['_id descending', { key: { _id: -1 }, name: 'a' }, 2],
    ['_id unique', { key: { _id: 1 }, name: 'a', unique: true }, 197],
    ['_id hidden', { key: { _id: 1 }, name: 'a', hidden: true }, 2],
    ['_id as TTL', { key: { _id: 1 }, name: 'a', expireAfterSeconds: 1 }, 197],
    ['sparse and partial', { key: { a: 1 }, name: 'a', sparse: true, partialFilterExpression: {} }, 67],
    ['partial by $ne', { key: { a: 1 }, name: 'a', partialFilterExpression: { a: { $ne: 1 } } }, 67],
    ['TTL on two fields', { key: { a: 1, b: 1 }, name: 'a', expireAfterSeconds: 1 }, 67],
    ['a negative TTL', { key: { a: 1 }, name: 'a', expireAfterSeconds: -1 }, 67],
    ['a huge TTL', { key: { a: 1 }, name: 'a', expireAfterSeconds: 2 ** 31 }, 67],
    ['a TTL that is no number', { key: { a: 1 }, name: 'a', expireAfterSeconds: '1' }, 67],
    ['version 0', { key: { a: 1 }, name: 'a', v: 0 }, 67],
    ['text', { key: { a: 'text' }, name: 'a' }, 238],
    ['geo', { key: { a: '2dsphere' }, name: 'a' }, 238],
    ['hashed', { key: { a: 'hashed' }, name: 'a' }, 238],
    ['wildcard', { key: { 'a.$**': 1 }, name: 'a' }, 238],
    ['a collation', { key: { a: 1 }, name: 'a', collation: { locale: 'de' } }, 238],
  ])('refuses %s and changes nothing', async (_, spec, code) => {
    const error = await refused(db, { createIndexes: coll, indexes: [{ key: { z: 1 }, name: 'z' }, spec] });
    expect(error.code).toBe(code);
    if (code !== 238) expect(error.message).toMatch(/^Error in specification|partial index/);
    expect(await refusal(db, { listIndexes: coll })).toEqual([26, 'NamespaceNotFound']);
  });

  it.each<[string, Document, Document, number, string]>([
    ['another key of the same name', { key: { a: 1 } }, { key: { b: 1 } }, 86, 'IndexKeySpecsConflict'],
    [
      'unique of the same name',
      { key: { a: 1 } },
      { key: { a: 1 }, unique: true },
      86,
      'IndexKeySpecsConflict',
    ],
    [
      'the same under another name',
      { key: { a: 1 } },
      { key: { a: 1 }, name: 'y' },
      85,
      'IndexOptionsConflict',
    ],
    [
      'another expiry',
      { key: { a: 1 } },
      { key: { a: 1 }, expireAfterSeconds: 5 },
      85,
      'IndexOptionsConflict',
    ],
    [
      'an equal filter under another name',
      { key: { a: 1 }, partialFilterExpression: { a: 1 } },
      { key: { a: 1 }, name: 'y', partialFilterExpression: { a: 1 } },
      85,
      'IndexOptionsConflict',
    ],
  ])('knows a conflict: %s', async (_, first, second, code, codeName) => {
    await build({ name: 'x', ...first });
    expect(await refusal(db, { createIndexes: coll, indexes: [{ name: 'x', ...second }] })).toEqual([
      code,
      codeName,
    ]);
  });

  it('keeps indexes of one key apart by uniqueness, sparseness and filter', async () => {
    const key = { a: 1 };
    await build(
      { key, name: 'plain' },
      { key, name: 'unique', unique: true },
      { key, name: 'sparse', sparse: true },
      { key, name: 'partial', partialFilterExpression: { b: 1 } },
    );
    expect(await specs()).toHaveLength(5);
    expect(await refusal(db, { dropIndexes: coll, index: key })).toEqual([181, 'AmbiguousIndexKeyPattern']);
  });

  it('refuses a unique index over duplicates, naming the key', async () => {
    await db.collection(coll).insertMany([
      { a: 1, b: 'x' },
      { a: 1, b: 'x' },
    ]);
    const error = await refused(db, {
      createIndexes: coll,
      indexes: [{ key: { a: 1, b: 1 }, name: 'ab', unique: true }],
    });
    expect(error).toMatchObject({ code: 11000, keyPattern: { a: 1, b: 1 }, keyValue: { a: 1, b: 'x' } });
    expect(error.message).toContain(
      `E11000 duplicate key error collection: indexes.${coll} index: ab dup key`,
    );
    expect(await specs()).toHaveLength(1);
  });

  it('holds 64 indexes of 32 fields', async () => {
    const many = Array.from({ length: 63 }, (_, i) => ({ key: { [`f${i}`]: 1 }, name: `f${i}` }));
    await build(...many);
    expect(await refusal(db, { createIndexes: coll, indexes: [{ key: { x: 1 }, name: 'x' }] })).toEqual([
      67,
      'CannotCreateIndex',
    ]);
    const wide = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, 1]));
    expect((await refused(db, { createIndexes: 'wide', indexes: [{ key: wide, name: 'w' }] })).code).toBe(
      13103,
    );
  });

  it('knows the quorum of one node', async () => {
    const indexes = [{ key: { a: 1 }, name: 'a' }];
    for (const commitQuorum of ['majority', 'votingMembers', 1, 0])
      await db.command({ createIndexes: coll, indexes, commitQuorum });
    expect(await refusal(db, { createIndexes: coll, indexes, commitQuorum: 3 })).toEqual([
      278,
      'UnsatisfiableCommitQuorum',
    ]);
  });

  describe('dropIndexes', () => {
    beforeEach(() =>
      build({ key: { a: 1 }, name: 'a' }, { key: { b: -1 }, name: 'b' }, { key: { c: 1 }, name: 'c' }),
    );

    it.each<[string, unknown, string[]]>([
      ['by name', 'a', ['b', 'c']],
      ['by key', { b: -1 }, ['a', 'c']],
      ['by a list', ['a', 'c'], ['b']],
      ['all', '*', []],
    ])('drops %s', async (_, index, left) => {
      expect(await db.command({ dropIndexes: coll, index })).toMatchObject({ nIndexesWas: 4 });
      expect((await specs()).slice(1).map(({ name }) => name)).toEqual(left);
    });

    it.each<[unknown, number]>([
      ['_id_', 72],
      [{ _id: 1 }, 72],
      [['a', '_id_'], 72],
      ['x', 27],
      [{ a: -1 }, 27],
      [['a', 'x'], 27],
      [['*'], 27],
      [5, 14],
      [undefined, 40414],
    ])('refuses %j and drops nothing', async (index, code) => {
      expect((await refused(db, { dropIndexes: coll, index })).code).toBe(code);
      expect(await specs()).toHaveLength(4);
    });

    it('knows a collection that is not there', async () => {
      const error = await refused(db, { dropIndexes: 'nowhere', index: '*' });
      expect([error.code, error.message]).toEqual([26, 'ns not found indexes.nowhere']);
    });
  });

  it('lists in batches', async () => {
    await build({ key: { a: 1 }, name: 'a' }, { key: { b: 1 }, name: 'b' });
    const { cursor } = await db.command({ listIndexes: coll, cursor: { batchSize: 2 } });
    expect(cursor).toMatchObject({ ns: `indexes.${coll}`, firstBatch: [{ name: '_id_' }, { name: 'a' }] });
    const more = await db.command({ getMore: cursor.id, collection: coll });
    expect(more['cursor'].nextBatch).toMatchObject([{ name: 'b' }]);
    expect((await refused(db, { listIndexes: coll, cursor: { batchSize: -1 } })).code).toBe(51024);
    expect((await refused(db, { listIndexes: coll, cursor: { size: 1 } })).code).toBe(40415);
  });

  describe('collMod', () => {
    const change = (index: Document) => run({ collMod: coll, index });
    beforeEach(async () => {
      await build({ key: { a: 1 }, name: 'a', unique: true }, { key: { a: 1, b: 1 }, name: 'ab' });
      await db.collection(coll).insertOne({ a: 1, b: 1 });
    });

    it('hides an index from queries, not from writes, and shows it again', async () => {
      const find = { find: coll, filter: { a: 1 } };
      await change({ keyPattern: { a: 1, b: 1 }, hidden: true });
      expect(await change({ keyPattern: { a: 1 }, hidden: true })).toMatchObject({
        hidden_old: false,
        hidden_new: true,
      });
      expect(stagesOf(await planOf(db, find))).toContain('COLLSCAN');
      expect((await refused(db, { ...find, hint: 'a' })).code).toBe(2);
      await expect(db.collection(coll).insertOne({ a: 1 })).rejects.toMatchObject({ code: 11000 });
      expect((await specs())[1]).toMatchObject({ name: 'a', hidden: true });
      expect(await change({ name: 'a', hidden: true })).toEqual({ ok: 1 });
      await change({ name: 'a', hidden: false });
      expect(stageNamed(await planOf(db, find), 'IXSCAN')?.['indexName']).toBe('a');
      expect((await specs())[1]).not.toHaveProperty('hidden');
    });

    it('gives an index another expiry', async () => {
      expect(await change({ name: 'a', expireAfterSeconds: 60 })).toEqual({
        expireAfterSeconds_new: 60,
        ok: 1,
      });
      expect(await change({ name: 'a', expireAfterSeconds: 5 })).toEqual({
        expireAfterSeconds_old: 60,
        expireAfterSeconds_new: 5,
        ok: 1,
      });
      expect((await specs())[1]).toEqual({
        v: 2,
        key: { a: 1 },
        name: 'a',
        unique: true,
        expireAfterSeconds: 5,
      });
    });

    it.each<[string, Document, number]>([
      ['no index', {}, 72],
      ['both a name and a key', { name: 'a', keyPattern: { a: 1 }, hidden: true }, 72],
      ['no change', { name: 'a' }, 72],
      ['an unknown field', { name: 'a', hide: true }, 40415],
      ['an index that is not there', { name: 'x', hidden: true }, 27],
      ['hiding _id', { name: '_id_', hidden: true }, 2],
      ['expiry of _id', { name: '_id_', expireAfterSeconds: 1 }, 72],
      ['expiry of two fields', { name: 'ab', expireAfterSeconds: 1 }, 72],
      ['a negative expiry', { name: 'a', expireAfterSeconds: -1 }, 72],
      ['uniqueness', { name: 'ab', unique: true }, 238],
    ])('refuses %s', async (_, index, code) => {
      expect((await refused(db, { collMod: coll, index })).code).toBe(code);
    });
  });
});
