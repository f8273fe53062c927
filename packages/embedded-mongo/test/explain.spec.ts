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
});
