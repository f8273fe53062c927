import { FILTER_CASES } from './semantics/filter-cases.js';
import { UPDATE_CASES, UPSERT_CASES } from './semantics/update-cases.js';
import { compare } from './model/compare.js';
import { matches } from './model/match.js';
import { ModelError } from './model/model-error.js';
import { Update } from './model/update.js';
import { upserted } from './model/upsert.js';
import { doc, literal, show, type Doc, type Value } from './model/value.js';
import { ask } from './oracle/ask.js';
import { number, writeErrors } from './oracle/check-writes.js';
import { openTestStore, type TestStore } from './support/embedded.js';

/** Answers of MongoDB 7 written down by hand: both the reference model and the store must give them. */
describe('answers of MongoDB 7', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
  });
  afterAll(() => test.close());

  const db = () => test.client.db('semantics');
  const readOne = async (): Promise<Doc> => {
    const answer = await ask(db(), { find: 'c' });
    if (!answer.ok) throw new Error(answer.message);
    return ((answer.reply.get('cursor') as Doc).get('firstBatch') as Doc[])[0] as Doc;
  };

  it.each(
    FILTER_CASES.map(
      ([document, filter, expected]) =>
        [show(doc(document)), show(doc(filter)), expected, document, filter] as const,
    ),
  )('filter: %s with %s: %s', async (_document, _filter, expected, document, filter) => {
    expect(matches(doc(document), doc(filter))).toBe(expected);
    await ask(db(), { drop: 'f' });
    await ask(db(), { insert: 'f', documents: [doc({ _id: 0, ...document })] });
    const answer = await ask(db(), { count: 'f', query: doc(filter) });
    expect(answer.ok ? number(answer.reply.get('n')) : answer.message).toBe(expected ? 1 : 0);
  });

  it.each(
    UPDATE_CASES.map(
      ([document, update, expected]) =>
        [show(doc(document)), show(doc(update)), document, update, expected] as const,
    ),
  )('update: %s by %s', async (_document, _update, document, update, expected) => {
    const before = doc({ _id: 0, ...document });
    const wanted = typeof expected === 'number' ? expected : show(doc({ _id: 0, ...expected }));
    expect(outcome(() => new Update(doc(update)).run(before).after)).toBe(wanted);
    await ask(db(), { drop: 'c' });
    await ask(db(), { insert: 'c', documents: [before] });
    const answer = await ask(db(), { update: 'c', updates: [{ q: {}, u: doc(update) }] });
    const [error] = answer.ok ? writeErrors(answer.reply) : [answer];
    expect(error?.code ?? show(await readOne())).toBe(wanted);
    if (error !== undefined) expect(show(await readOne())).toBe(show(before));
  });

  it.each(
    UPSERT_CASES.map(
      ([filter, update, expected]) =>
        [show(doc(filter)), show(doc(update)), filter, update, expected] as const,
    ),
  )('upsert: %s by %s', async (_filter, _update, filter, update, expected) => {
    const wanted = typeof expected === 'number' ? expected : show(doc(expected));
    expect(outcome(() => upserted(doc(filter), new Update(doc(update))))).toBe(wanted);
    await ask(db(), { drop: 'c' });
    const answer = await ask(db(), {
      update: 'c',
      updates: [{ q: doc(filter), u: doc(update), upsert: true }],
    });
    const [error] = answer.ok ? writeErrors(answer.reply) : [answer];
    expect(error?.code ?? show(await readOne())).toBe(wanted);
  });

  it('sorts values of all types in one order, with and without an index', async () => {
    await ask(db(), { drop: 's' });
    const { MinKey, MaxKey, Double, Long, ObjectId } = await import('mongodb');
    const ordered: Value[] = [
      new MinKey(), null, new Double(NaN), new Double(-Infinity), -5, new Double(-1.5), 0, new Double(0.5), 1,
      Long.fromNumber(2 ** 40), new Double(1e300), new Double(Infinity), '', 'B', 'a', 'a\u0000', 'ab', 'é', {}, { x: 1 },
      { x: 1, y: 1 }, { y: 0 }, { x: 'a' }, new ObjectId('000000000000000000000001'), false, true, new Date(-1), new Date(5),
      new MaxKey(),
    ].map(literal); // prettier-ignore
    for (const [index, value] of ordered.entries()) {
      const next = ordered[index + 1];
      if (next !== undefined)
        expect(`${show(value)} ${Math.sign(compare(value, next))}`).toBe(`${show(value)} -1`);
    }
    const documents = ordered.map(
      (v, _id) =>
        new Map<string, unknown>([
          ['_id', _id],
          ['v', v],
        ]),
    );
    await ask(db(), { insert: 's', documents: documents.reverse() });
    const expected = ordered.map((_, index) => index);
    const sorted = (direction: 1 | -1) =>
      db().collection('s').find({}, { sort: { v: direction } }).map(({ _id }) => Number(_id)).toArray(); // prettier-ignore
    expect(await sorted(1)).toEqual(expected);
    await db().collection('s').createIndex({ v: 1 });
    expect(await sorted(1)).toEqual(expected);
    expect(await sorted(-1)).toEqual([...expected].reverse());
  });

  it('gives the time of the server for $currentDate', async () => {
    await ask(db(), { drop: 'c' });
    const before = Date.now();
    const update = doc({ $currentDate: { at: true, on: { $type: 'date' } } });
    await ask(db(), { update: 'c', updates: [{ q: {}, u: update, upsert: true }] });
    const document = await readOne();
    for (const name of ['at', 'on']) {
      const time = (document.get(name) as Date).getTime();
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });
});

function outcome(run: () => Doc): string | number {
  try {
    return show(run());
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}
