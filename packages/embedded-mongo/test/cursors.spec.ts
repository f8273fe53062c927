import { Long, type Db, type Document } from 'mongodb';
import { openWithMovedClock, type MovedClock } from './support/moved-clock.js';
import { refusal, refused } from './support/refusal.js';

const MINUTE = 60_000;

describe('cursors', () => {
  let test: MovedClock;
  let db: Db;

  beforeAll(async () => {
    test = await openWithMovedClock();
    db = test.client.db('cursors');
    await db.collection('rows').insertMany(Array.from({ length: 10 }, (_, n) => ({ _id: n as never, n })));
    await db.collection('rows').createIndex({ n: 1 });
    await db.collection('other').insertOne({});
  });
  afterAll(() => test.close());

  const find = async (command: Document) =>
    (await db.command({ find: 'rows', ...command }))['cursor'] as Document;
  const more = async (id: unknown, options: Document = {}) =>
    (await db.command({ getMore: Long.fromValue(id as number), collection: 'rows', ...options }))[
      'cursor'
    ] as Document;
  const numbers = (docs: Document[]) => docs.map(({ n }) => n);
  const isOpen = (cursor: Document) => !Long.fromValue(cursor['id']).isZero();

  it('goes on in batches until all are given', async () => {
    const first = await find({ batchSize: 4 });
    expect([numbers(first['firstBatch']), isOpen(first)]).toEqual([[0, 1, 2, 3], true]);
    const second = await more(first['id'], { batchSize: 4 });
    expect([numbers(second['nextBatch']), isOpen(second), second['ns']]).toEqual([
      [4, 5, 6, 7],
      true,
      'cursors.rows',
    ]);
    const third = await more(first['id']);
    expect([numbers(third['nextBatch']), isOpen(third)]).toEqual([[8, 9], false]);
    expect(await refusal(db, { getMore: first['id'], collection: 'rows' })).toEqual([43, 'CursorNotFound']);
  });

  it.each<[string, Document, number, boolean]>([
    ['an empty first batch', { batchSize: 0 }, 0, true],
    ['a batch that takes the last without knowing it', { batchSize: 10 }, 10, true],
    [
      'a batch that takes the last of a sort in memory',
      { batchSize: 10, sort: { n: -1, _id: 1 } },
      10,
      false,
    ],
    ['a batch that reaches the limit', { batchSize: 3, limit: 3 }, 3, false],
    ['a document by its _id', { filter: { _id: 3 }, batchSize: 1 }, 1, false],
    ['a batch larger than all', { batchSize: 11 }, 10, false],
    ['a single batch', { batchSize: 2, singleBatch: true }, 2, false],
    ['a batchSize with a fraction', { batchSize: 2.9 }, 2, true],
  ])('answers %s', async (_, command, count, open) => {
    const cursor = await find(command);
    expect([cursor['firstBatch'].length, isOpen(cursor)]).toEqual([count, open]);
    if (!open) return;
    const rest = await more(cursor['id']);
    expect([rest['nextBatch'].length, isOpen(rest)]).toEqual([10 - count, false]);
  });

  it.each<[string, Document, number]>([
    ['a negative batchSize', { batchSize: -1 }, 51024],
    ['a negative limit', { limit: -1 }, 51024],
    ['a negative skip', { skip: -1 }, 51024],
    ['a batchSize that is no number', { batchSize: '1' }, 14],
    ['a tailable cursor', { tailable: true }, 2],
    ['awaitData alone', { awaitData: true }, 9],
    ['a negative maxTimeMS', { maxTimeMS: -1 }, 2],
    ['a maxTimeMS out of range', { maxTimeMS: 2 ** 31 }, 2],
    ['a maxTimeMS with a fraction', { maxTimeMS: 1.5 }, 2],
    ['a maxTimeMS that is no number', { maxTimeMS: '1' }, 2],
  ])('refuses %s', async (_, command, code) => {
    expect((await refused(db, { find: 'rows', ...command })).code).toBe(code);
  });

  it.each<[string, (id: Long) => Document, number]>([
    ['an id that is no long', () => ({ getMore: 5, collection: 'rows' }), 14],
    ['no collection', (id) => ({ getMore: id }), 40414],
    ['a collection that is no string', (id) => ({ getMore: id, collection: 5 }), 14],
    ['another collection', (id) => ({ getMore: id, collection: 'other' }), 13],
    ['an unknown id', () => ({ getMore: Long.fromNumber(12345), collection: 'rows' }), 43],
    ['a negative batchSize', (id) => ({ getMore: id, collection: 'rows', batchSize: -1 }), 51024],
    ['maxTimeMS', (id) => ({ getMore: id, collection: 'rows', maxTimeMS: 100 }), 2],
  ])('refuses a getMore of %s and keeps the cursor', async (_, command, code) => {
    const { id } = await find({ batchSize: 1 });
    expect((await refused(db, command(Long.fromValue(id)))).code).toBe(code);
    expect((await more(id))['nextBatch']).toHaveLength(9);
  });

  it('kills cursors and tells which were there', async () => {
    const { id } = await find({ batchSize: 1 });
    const unknown = Long.fromNumber(99);
    expect(await db.command({ killCursors: 'rows', cursors: [id, unknown] })).toMatchObject({
      cursorsKilled: [id],
      cursorsNotFound: [99],
      cursorsAlive: [],
      cursorsUnknown: [],
    });
    expect((await refused(db, { killCursors: 'rows', cursors: [5] })).code).toBe(14);
    expect((await refused(db, { killCursors: 'rows' })).code).toBe(40414);
    expect((await refused(db, { killCursors: 5, cursors: [id] })).code).toBe(14);
  });

  it('ends a cursor that nobody has used for ten minutes, but one without time-out', async () => {
    const [idle, used, endless] = [
      await find({ batchSize: 1 }),
      await find({ batchSize: 1 }),
      await find({ batchSize: 1, noCursorTimeout: true }),
    ];
    await test.advance(9 * MINUTE);
    await more(used['id'], { batchSize: 1 });
    await test.advance(2 * MINUTE);
    expect((await refused(db, { getMore: idle['id'], collection: 'rows' })).code).toBe(43);
    expect((await more(used['id']))['nextBatch']).toHaveLength(8);
    expect((await more(endless['id']))['nextBatch']).toHaveLength(9);
  });

  it('ends with the collection or the index it reads', async () => {
    const drop = db.collection('drop');
    await drop.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await drop.createIndex({ n: 1 });
    const open = async () =>
      (await db.command({ find: 'drop', filter: { n: { $gt: 0 } }, batchSize: 1 }))['cursor'].id;
    const onIndex = await open();
    await drop.dropIndex('n_1');
    expect((await refused(db, { getMore: onIndex, collection: 'drop' })).code).toBe(175);
    const onCollection = await open();
    await drop.drop();
    expect((await refused(db, { getMore: onCollection, collection: 'drop' })).code).toBe(175);
  });

  it('stops a command that takes longer than maxTimeMS', async () => {
    const many = db.collection('many');
    await many.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x'.repeat(50) })));
    const slow = { find: 'many', filter: { text: 'y' }, maxTimeMS: 1 };
    expect(await refusal(db, slow)).toEqual([50, 'MaxTimeMSExpired']);
    await test.client.withSession(async (session) => {
      session.startTransaction();
      const inside = db.command(slow, { session });
      await expect(inside).rejects.toMatchObject({ code: 50, codeName: 'MaxTimeMSExpired' });
      await expect(session.commitTransaction()).rejects.toMatchObject({ code: 251 });
    });
    expect(await db.command({ count: 'many', query: {}, maxTimeMS: 60_000 })).toMatchObject({ n: 20_000 });
  });
});
