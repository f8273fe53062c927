import { doc, show, type Doc } from './model/value.js';
import { ask } from './oracle/ask.js';
import { FILTER_ERRORS } from './semantics/filter-errors.js';
import { PROJECTION_CASES } from './semantics/projection-cases.js';
import { openTestStore, type TestStore } from './support/embedded.js';

/** Answers of MongoDB 7 written down by hand: what filters it refuses, what projections show. */
describe('queries', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
  });
  afterAll(() => test.close());
  const db = () => test.client.db('queries');

  it.each(
    FILTER_ERRORS.map(([filter, code, message]) => [show(doc(filter)), code, message, filter] as const),
  )('filter %s: %d %s', async (_shown, code, message, filter) => {
    const answer = await ask(db(), { find: 'nothing', filter: doc(filter) });
    expect(answer).toMatchObject({ ok: false, code, message: expect.stringContaining(message) as string });
  });

  it.each(
    PROJECTION_CASES.map(([document, filter, projection, shown]) => {
      const expected = typeof shown === 'number' ? shown : show(doc(shown));
      return [show(doc(document)), show(doc(projection)), expected, document, filter, projection] as const;
    }),
  )('projection: %s by %s: %s', async (_document, _projection, expected, document, filter, projection) => {
    await ask(db(), { drop: 'p' });
    await ask(db(), { insert: 'p', documents: [doc({ _id: 0, ...document })] });
    const answer = await ask(db(), { find: 'p', filter: doc(filter), projection: doc(projection) });
    if (!answer.ok) return expect(answer.code).toBe(expected);
    const [shown] = (answer.reply.get('cursor') as Doc).get('firstBatch') as Doc[];
    expect(shown && show(shown)).toBe(expected);
  });

  it('evaluates $expr with the variables of let', async () => {
    const rows = db().collection('expr');
    await rows.insertMany([1, 2, 3].map((a) => ({ _id: a as never, a, b: 2 })));
    const ids = (filter: object, options = {}) =>
      rows.find(filter, options).map(({ _id }) => _id as unknown).toArray(); // prettier-ignore
    expect(await ids({ $expr: { $gt: ['$a', '$b'] } })).toEqual([3]);
    expect(await ids({ $expr: { $eq: ['$a', '$$wanted'] } }, { let: { wanted: 2 } })).toEqual([2]);
    expect(await ids({ $or: [{ $expr: '$zz' }, { a: 1 }] })).toEqual([1]);
    await expect(ids({ a: { $elemMatch: { $expr: 1 } } })).rejects.toMatchObject({ code: 2 });
    await expect(ids({ $expr: '$$nope' })).rejects.toMatchObject({ code: 17276 });
    await expect(ids({ $expr: { $nope: 1 } })).rejects.toMatchObject({ code: 168 });
    const upsert = rows.updateOne({ $expr: '$a' }, { $set: { a: 1 } }, { upsert: true });
    await expect(upsert).rejects.toMatchObject({ code: 224 });
    await expect(ids({}, { hint: { $natural: 'x' } })).rejects.toMatchObject({ code: 2 });
  });

  it.each<[sort: Record<string, unknown>, code: number]>([
    [{ a: 2 }, 15975],
    [{ a: true }, 15974],
    [{ a: 'x' }, 15974],
    [{ a: { $nope: 1 } }, 17312],
    [{ a: { $meta: 'textScore' } }, 238],
    [{ '': 1 }, 40352],
    [{ 'a.': 1 }, 40353],
    [{ $a: 1 }, 16410],
    [{ $natural: 1, a: 1 }, 2],
    [{ $natural: 2 }, 2],
    [Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, 1])), 13103],
  ])('sort %j: %d', async (sort, code) => {
    expect(await ask(db(), { find: 'nothing', sort: doc(sort) })).toMatchObject({ ok: false, code });
  });

  it('goes through a collection backwards by $natural', async () => {
    const rows = db().collection<{ _id: number }>('natural');
    await rows.insertMany([3, 1, 2].map((_id) => ({ _id })));
    expect(await rows.find().sort({ $natural: -1 }).map(({ _id }) => _id).toArray()).toEqual([2, 1, 3]); // prettier-ignore
  });

  it('reads the part of an index between min and max', async () => {
    const rows = db().collection<{ _id: number; a: number; b: number }>('between');
    await rows.createIndex({ a: 1, b: -1 });
    await rows.insertMany([0, 1, 2, 3, 4, 5].map((_id) => ({ _id, a: _id >> 1, b: _id & 1 })));
    const ids = (command: object) =>
      db().command({ find: 'between', hint: { a: 1, b: -1 }, ...command })
        .then(({ cursor }) => (cursor.firstBatch as { _id: number }[]).map(({ _id }) => _id)); // prettier-ignore
    expect(await ids({ min: { a: 1, b: 1 }, max: { a: 2, b: 0 } })).toEqual([3, 2, 5]);
    expect(await ids({ max: { a: 1, b: 1 }, filter: { b: 1 } })).toEqual([1]);
    await expect(ids({ min: { a: 1 } })).rejects.toMatchObject({ code: 51174 });
    await expect(ids({ min: { a: 2, b: 0 }, max: { a: 1, b: 0 } })).rejects.toMatchObject({ code: 51175 });
    await expect(ids({ min: { a: 1, b: 1 }, hint: undefined })).rejects.toMatchObject({ code: 51173 });
  });

  it('shows index keys and record ids', async () => {
    const rows = db().collection('keys');
    await rows.createIndex({ a: 1 });
    await rows.insertMany([{ a: 5, b: 1 }, { b: 2 }]);
    expect(await rows.find({ a: 5 }, { returnKey: true }).toArray()).toEqual([{ a: 5 }]);
    expect(await rows.find({ b: 2 }, { returnKey: true, showRecordId: true }).toArray()).toEqual([{}]);
    const [first] = await rows.find({ b: 2 }, { showRecordId: true, projection: { _id: 0 } }).toArray();
    expect(first).toEqual({ b: 2, $recordId: 2 });
  });
});
