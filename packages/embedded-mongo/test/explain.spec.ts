import type { Collection, Document } from 'mongodb';
import { planOf, stageNamed, stagesOf } from './drills/plan.js';
import { openTestStore, type TestStore } from './support/embedded.js';

describe('explain', () => {
  let test: TestStore;
  let rows: Collection;
  const db = () => test.client.db('explain');
  const explain = (command: Record<string, unknown>) => planOf(db(), command);
  const figures = (explained: Document) => {
    const { totalKeysExamined: keys, totalDocsExamined: documents, nReturned } = explained['executionStats'];
    return { keys: Number(keys), documents: Number(documents), returned: Number(nReturned) };
  };

  beforeAll(async () => {
    test = await openTestStore();
    rows = db().collection('rows');
    await rows.createIndex({ room: 1, seq: 1 }, { unique: true });
    await rows.createIndex({ sender: 1, token: 1 }, { unique: true });
    await rows.createIndex(
      { room: 1, seq: 1 },
      { name: 'counted', partialFilterExpression: { counts: true } },
    );
    await rows.createIndex({ at: -1 });
    const documents = Array.from({ length: 2000 }, (_, index) => ({
      room: `r${index % 10}`,
      seq: Math.floor(index / 10),
      sender: `s${index % 7}`,
      token: `t${index}`,
      counts: index % 3 !== 0,
      at: index,
    }));
    await rows.insertMany(documents);
  });
  afterAll(() => test.close());

  it.each([1, -1] as const)('serves equality, range and sort (%s) from one index', async (direction) => {
    const command = {
      find: 'rows',
      filter: { room: 'r3', seq: { $gt: 20, $lte: 60 } },
      sort: { seq: direction },
      limit: 25,
    };
    const explained = await explain(command);
    expect(stagesOf(explained)).toContain('IXSCAN');
    expect(stagesOf(explained)).not.toEqual(expect.arrayContaining(['SORT']));
    expect(stagesOf(explained)).not.toEqual(expect.arrayContaining(['COLLSCAN']));
    const { keys, documents, returned } = figures(explained);
    expect(returned).toBe(25);
    expect(documents).toBe(25);
    expect(keys).toBeLessThanOrEqual(26);
    const expected = direction === 1 ? 21 : 60;
    const [first] = await rows.find(command.filter).sort({ seq: direction }).limit(25).toArray();
    expect(first?.['seq']).toBe(expected);
  });

  it('finds one document by a unique index with one key', async () => {
    const explained = await explain({ find: 'rows', filter: { sender: 's5', token: 't5' } });
    expect(stageNamed(explained, 'IXSCAN')?.['indexName']).toBe('sender_1_token_1');
    expect(figures(explained)).toEqual({ keys: 1, documents: 1, returned: 1 });
  });

  it('serves each branch of $or by its index', async () => {
    const explained = await explain({
      find: 'rows',
      filter: {
        $or: [
          { sender: 's1', token: 't1' },
          { room: 'r4', seq: 7 },
        ],
      },
    });
    expect(stagesOf(explained).filter((stage) => stage === 'IXSCAN')).toHaveLength(2);
    expect(stagesOf(explained)).not.toContain('COLLSCAN');
    const { keys, documents, returned } = figures(explained);
    expect(returned).toBe(2);
    expect(documents).toBe(2);
    expect(keys).toBeLessThanOrEqual(4);
  });

  it('serves $in by the index', async () => {
    const explained = await explain({ find: 'rows', filter: { room: { $in: ['r1', 'r2'] }, seq: 5 } });
    expect(stagesOf(explained)).toContain('IXSCAN');
    expect(figures(explained)).toMatchObject({ documents: 2, returned: 2 });
    expect(figures(explained).keys).toBeLessThanOrEqual(5);
  });

  it('counts from the keys of a partial index and reads no document', async () => {
    const query = { room: 'r3', counts: true, seq: { $gt: 10, $lte: 110 } };
    const explained = await explain({ count: 'rows', query });
    expect(stagesOf(explained)).not.toContain('FETCH');
    const { keys, documents } = figures(explained);
    const all = await rows.find({ room: 'r3' }, { hint: { $natural: 1 } }).toArray();
    const counted = all.filter(({ seq, counts }) => counts && seq > 10 && seq <= 110).length;
    expect(documents).toBe(0);
    expect(keys).toBeGreaterThanOrEqual(counted);
    expect(keys).toBeLessThanOrEqual(counted + 1);
    expect(await db().command({ count: 'rows', query })).toMatchObject({ n: counted });
    expect(await rows.countDocuments(query)).toBe(counted);
  });

  it('never takes a partial index for a query that wants more than it holds', async () => {
    const explained = await explain({ find: 'rows', filter: { room: 'r3', seq: { $gt: 10 } } });
    expect(stageNamed(explained, 'IXSCAN')?.['indexName']).toBe('room_1_seq_1');
    expect(await rows.countDocuments({ room: 'r3', seq: { $gt: 10 } })).toBe(189);
  });

  it('sorts by an index alone and stops at the limit', async () => {
    const explained = await explain({ find: 'rows', sort: { at: -1 }, limit: 5 });
    expect(stagesOf(explained)).not.toContain('SORT');
    expect(figures(explained)).toMatchObject({ documents: 5, returned: 5 });
  });

  it('names a scan of the whole collection', async () => {
    const explained = await explain({
      find: 'rows',
      filter: { unindexed: { $exists: false } },
    });
    expect(stagesOf(explained)).toContain('COLLSCAN');
    expect(figures(explained).documents).toBe(2000);
  });

  it.each(['update', 'delete'])('explains %s without doing it', async (kind) => {
    const q = { sender: 's2', token: 't2' };
    const command =
      kind === 'update'
        ? { update: 'rows', updates: [{ q, u: { $set: { gone: true } } }] }
        : { delete: 'rows', deletes: [{ q, limit: 1 }] };
    const explained = await explain(command);
    expect(stagesOf(explained)).toContain('IXSCAN');
    expect(await rows.findOne(q)).toMatchObject({ token: 't2' });
    expect(await rows.findOne(q)).not.toHaveProperty('gone');
  });

  it('merges the points of $in in the order of a sort', async () => {
    const command = {
      find: 'rows',
      filter: { room: { $in: ['r1', 'r2', 'r8'] } },
      sort: { seq: -1 },
      limit: 30,
    };
    const explained = await explain(command);
    expect(stagesOf(explained)).toEqual(expect.arrayContaining(['LIMIT', 'FETCH', 'SORT_MERGE', 'IXSCAN']));
    expect(stagesOf(explained)).not.toContain('SORT');
    expect(stageNamed(explained, 'SORT_MERGE')).toMatchObject({ sortPattern: { seq: -1 } });
    const { keys, documents, returned } = figures(explained);
    expect(returned).toBe(30);
    expect(documents).toBeLessThanOrEqual(33);
    expect(keys).toBeLessThanOrEqual(33);
    const found = await rows.find(command.filter).sort({ seq: -1 }).limit(30).batchSize(7).toArray();
    expect(found.map(({ seq }) => seq as number)).toEqual(
      Array.from({ length: 30 }, (_, i) => 199 - Math.floor(i / 3)),
    );
  });

  it('merges the branches of $or in the order of a sort, each document once', async () => {
    const filter = {
      $or: [{ room: 'r4' }, { room: 'r5', seq: { $lt: 9 } }, { room: 'r4', seq: { $gt: 3 } }],
    };
    const explained = await explain({ find: 'rows', filter, sort: { seq: 1 }, limit: 12 });
    expect(stagesOf(explained)).toContain('SORT_MERGE');
    expect(stagesOf(explained)).not.toContain('SORT');
    expect(figures(explained).documents).toBeLessThanOrEqual(25);
    const seqs = (await rows.find(filter).sort({ seq: 1 }).limit(12).toArray()).map(
      ({ seq }) => seq as number,
    );
    expect(seqs).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  });

  it('sorts by the other field of an index over arrays', async () => {
    const tagged = db().collection('tagged');
    await tagged.createIndex({ tags: 1, at: -1 });
    await tagged.insertMany(Array.from({ length: 300 }, (_, at) => ({ tags: ['all', `t${at % 3}`], at })));
    const explained = await explain({ find: 'tagged', filter: { tags: 't1' }, sort: { at: -1 }, limit: 4 });
    expect(stagesOf(explained)).not.toContain('SORT');
    expect(figures(explained)).toMatchObject({ keys: 4, documents: 4, returned: 4 });
    const several = { tags: { $in: ['all', 't1'] } };
    const merged = await tagged.find(several).sort({ at: -1 }).limit(3).toArray();
    expect(merged.map(({ at }) => at as number)).toEqual([299, 298, 297]);
  });

  it('leaps through an index from value to value for distinct', async () => {
    const explained = await explain({ distinct: 'rows', key: 'room' });
    expect(stagesOf(explained)).toEqual(['DISTINCT_SCAN']);
    expect(figures(explained).documents).toBe(10);
    expect(figures(explained).keys).toBeLessThan(120);
    expect(await rows.distinct('room')).toHaveLength(10);
    const within = await explain({ distinct: 'rows', key: 'seq', query: { room: 'r3', seq: { $gte: 190 } } });
    expect(stagesOf(within)).toEqual(['DISTINCT_SCAN']);
    expect(await rows.distinct('seq', { room: 'r3', seq: { $gte: 195 } })).toEqual([195, 196, 197, 198, 199]);
  });

  it('tells null from missing in a distinct by an index', async () => {
    const values = db().collection('values');
    await values.createIndex({ v: 1 });
    await values.insertMany([...Array.from({ length: 20 }, () => ({})), { v: 2 }, { v: 1 }, { v: 2.0 }]);
    expect(await values.distinct('v')).toEqual([1, 2]);
    await values.insertOne({ v: null });
    expect(await values.distinct('v')).toEqual([null, 1, 2]);
  });

  it('counts everything from the number of records', async () => {
    const explained = await explain({ count: 'rows' });
    expect(stagesOf(explained)).toEqual(['RECORD_STORE_FAST_COUNT']);
    expect(figures(explained)).toMatchObject({ keys: 0, documents: 0 });
  });

  it('shows the bounds and the sort of what it does in memory', async () => {
    const explained = await explain({
      find: 'rows',
      filter: { room: 'r3' },
      sort: { at: 1, seq: 1 },
      skip: 2,
      limit: 3,
    });
    expect(stageNamed(explained, 'SORT')).toMatchObject({ sortPattern: { at: 1, seq: 1 }, limitAmount: 5 });
    expect(stageNamed(explained, 'IXSCAN')?.['indexBounds']).toMatchObject({ room: ['["r3", "r3"]'] });
    expect(figures(explained).returned).toBe(3);
  });

  it('takes a hint by name or pattern, and names one that fits no index', async () => {
    const hinted = await explain({ find: 'rows', filter: { room: 'r1' }, hint: { at: -1.0 } });
    expect(stageNamed(hinted, 'IXSCAN')?.['indexName']).toBe('at_-1');
    expect(figures(hinted)).toMatchObject({ keys: 2000, returned: 200 });
    const natural = await explain({ find: 'rows', filter: { room: 'r1' }, hint: { $natural: -1 } });
    expect(stageNamed(natural, 'COLLSCAN')?.['direction']).toBe('backward');
    await expect(explain({ find: 'rows', hint: 'nope' })).rejects.toMatchObject({ code: 2 });
  });

  it('checks the explained command as if it were run', async () => {
    await expect(explain({ find: 'rows', collation: { locale: 'de' } })).rejects.toMatchObject({ code: 238 });
    await expect(explain({ find: 'rows', nope: 1 })).rejects.toMatchObject({ code: 40415 });
    await expect(explain({ insert: 'rows', documents: [{}] })).rejects.toMatchObject({ code: 59 });
  });

  it('shows an empty plan for a collection that is not there', async () => {
    const explained = await explain({ find: 'nothing', filter: { a: 1 } });
    expect(stagesOf(explained)).toEqual(['EOF']);
    expect(figures(explained)).toEqual({ keys: 0, documents: 0, returned: 0 });
  });
});
