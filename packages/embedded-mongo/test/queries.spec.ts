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
  });
});
