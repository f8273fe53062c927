import { Double, Long, Timestamp, type Document } from 'mongodb';
import { matches } from './model/match.js';
import { matchedPosition } from './model/matched-position.js';
import { ModelError } from './model/model-error.js';
import { Update } from './model/update.js';
import { doc, show, type Doc } from './model/value.js';
import { ask } from './oracle/ask.js';
import { number, writeErrors } from './oracle/check-writes.js';
import { ARRAY_UPDATE_CASES } from './semantics/array-update-cases.js';
import { UPDATE_ERRORS } from './semantics/update-errors.js';
import { openTestStore, type TestStore } from './support/embedded.js';

describe('updates as MongoDB 7 does them', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
  });
  afterAll(() => test.close());

  const db = () => test.client.db('updates');
  const collection = () => db().collection<Document & { _id: number }>('c');
  const start = async (...documents: unknown[]): Promise<void> => {
    await ask(db(), { drop: 'c' });
    if (documents.length > 0) await ask(db(), { insert: 'c', documents });
  };
  const readOne = async (): Promise<Doc> => {
    const answer = await ask(db(), { find: 'c' });
    if (!answer.ok) throw new Error(answer.message);
    return ((answer.reply.get('cursor') as Doc).get('firstBatch') as Doc[])[0] as Doc;
  };
  const update = (statement: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    ask(db(), { update: 'c', updates: [{ q: {}, ...statement }], ...more });

  it.each(
    ARRAY_UPDATE_CASES.map(([document, filter, change, ...rest]) => {
      const title = [document, filter, change].map((part) => show(doc(part))).join(', ');
      return [title, document, filter, change, ...rest] as const;
    }),
  )('%s', async (_title, document, filter, change, expected, arrayFilters = []) => {
    const before = doc({ _id: 0, ...document });
    const filters = arrayFilters.map(doc);
    expect(matches(before, doc(filter))).toBe(true);
    const wanted = typeof expected === 'number' ? expected : show(doc({ _id: 0, ...expected }));
    const byModel = (): string => {
      const position = matchedPosition(before, doc(filter));
      return show(new Update(doc(change), filters).run(before, false, position).after);
    };
    expect(codeOr(byModel)).toBe(wanted);
    await start(before);
    const answer = await update({
      q: doc(filter),
      u: doc(change),
      ...(filters.length > 0 ? { arrayFilters: filters } : {}),
    });
    const [error] = answer.ok ? writeErrors(answer.reply) : [answer];
    expect(error?.code ?? show(await readOne())).toBe(wanted);
    if (error !== undefined) expect(show(await readOne())).toBe(show(before));
  });

  it.each(
    UPDATE_ERRORS.map(([u, code, message, more]) => [JSON.stringify(u), code, message, u, more] as const),
  )('refuses %s with %i', async (_text, code, message, u, more) => {
    const before = doc({ _id: 1, n: 1, l: Long.MAX_VALUE, s: 'x', a: [1], d: { e: 1 } });
    await start(before);
    const answer = await update({ u: Array.isArray(u) ? u.map(doc) : doc(u), ...more });
    const [error] = answer.ok ? writeErrors(answer.reply) : [answer];
    expect(`${error?.code} ${error?.message}`).toBe(`${code} ${message}`);
    expect(show(await readOne())).toBe(show(before));
  });

  const modified = async (document: Record<string, unknown>, u: unknown): Promise<number> => {
    await start(doc({ _id: 1, ...document }));
    const answer = await update({ u: Array.isArray(u) ? u.map(doc) : doc(u as Record<string, unknown>) });
    if (!answer.ok) throw new Error(answer.message);
    expect(writeErrors(answer.reply)).toEqual([]);
    return number(answer.reply.get('nModified'));
  };

  it.each<[Record<string, unknown>, unknown, number]>([
    [{ a: 1 }, { $set: { a: 1 } }, 0],
    [{ a: 1 }, { $set: { a: new Double(1) } }, 1],
    [{ a: { b: 1 } }, { $set: { a: { b: 1 } } }, 0],
    [{ a: 1 }, { $set: {} }, 0],
    [{ a: 1 }, { $unset: { b: 1 } }, 0],
    [{ a: [null] }, { $unset: { 'a.0': 1 } }, 1],
    [{ a: 1 }, { $inc: { a: 0 } }, 0],
    [{ a: 1 }, { $inc: { a: Long.fromNumber(0) } }, 1],
    [{ a: new Double(0) }, { $mul: { a: -1 } }, 0],
    [{ a: new Double(NaN) }, { $inc: { a: 1 } }, 1],
    [{ a: 1 }, { $max: { a: new Double(1) } }, 0],
    [{ a: [1, 2] }, { $push: { a: { $each: [] } } }, 0],
    [{ a: [1, 2] }, { $push: { a: { $each: [], $sort: 1 } } }, 1],
    [{ a: [1, 2] }, { $push: { a: { $each: [], $slice: 5 } } }, 0],
    [{ a: [1, 2] }, { $addToSet: { a: 1 } }, 0],
    [{ a: [1, 2] }, { $pull: { a: 5 } }, 0],
    [{ a: [1, 2] }, { $set: { 'a.$[]': 1 } }, 1],
    [{ a: [] }, { $set: { 'a.$[]': 1 } }, 0],
    [{ a: 1 }, { $rename: { b: 'c' } }, 0],
    [{ a: 1 }, { $currentDate: { d: true } }, 1],
    [{ a: 1 }, { _id: 1, a: 1 }, 0],
    [{ a: 1 }, { a: 1 }, 1],
    [{ a: 1 }, [{ $set: { a: 1 } }], 0],
    [{ a: 1 }, [{ $set: { a: 2 } }], 1],
  ])('%j by %j modifies %i', async (document, u, expected) => {
    expect(await modified(document, u)).toBe(expected);
  });

  it('updates by a pipeline with the variables of `let` and `c`', async () => {
    await start({ _id: 1, n: 2 }, { _id: 2, n: 5 });
    const pipeline = [{ $set: { m: { $add: ['$n', '$$x', '$$y'] } } }, { $unset: 'n' }];
    const answer = await update({ u: pipeline, c: { x: 10 }, multi: true }, { let: { y: 100 } });
    expect(answer).toMatchObject({ ok: true });
    expect((await collection().find().toArray()).map(({ m }) => m as unknown)).toEqual([112, 115]);
    await collection().updateOne({ _id: 1 }, [{ $replaceWith: { k: 1 } }]);
    expect(await collection().findOne({ _id: 1 })).toEqual({ _id: 1, k: 1 });
    const found = await collection().findOneAndUpdate({ _id: 2 }, [{ $set: { m: '$$z' } }], {
      let: { z: 'new' },
      returnDocument: 'after',
    });
    expect(found).toEqual({ _id: 2, m: 'new' });
    await expect(collection().updateOne({}, [{ $match: {} }])).rejects.toMatchObject({
      code: 72,
      message: '$match is not allowed to be used within an update',
    });
  });

  it('evaluates `let` in the filters of update, findAndModify and delete', async () => {
    await start({ _id: 1, n: 2 }, { _id: 2, n: 5 });
    const q = { $expr: { $eq: ['$n', '$$x'] } };
    await collection().updateOne(q, { $set: { hit: true } }, { let: { x: 5 } });
    expect(await collection().findOne({ hit: true })).toMatchObject({ _id: 2 });
    const found = await collection().findOneAndUpdate(q, { $set: { n: 6 } }, { let: { x: 5 } });
    expect(found).toMatchObject({ _id: 2 });
    await collection().deleteOne(q, { let: { x: 6 } });
    expect((await collection().find().toArray()).map(({ _id }) => _id)).toEqual([1]);
  });

  it('upserts by a pipeline from the equalities of the filter', async () => {
    await start();
    await collection().updateOne({ _id: 7, a: 1 }, [{ $set: { b: { $add: ['$a', 1] } } }], { upsert: true });
    expect(await collection().findOne()).toEqual({ _id: 7, a: 1, b: 2 });
    const second = await collection().updateOne({ a: 9 }, [{ $unset: 'a' }], { upsert: true });
    expect(await collection().findOne({ a: null, _id: { $ne: 7 } })).toEqual({ _id: second.upsertedId });
    await expect(
      collection().updateOne({ _id: 8 }, [{ $set: { _id: 9 } }], { upsert: true }),
    ).rejects.toMatchObject({ code: 66 });
  });

  it('updates each of many at the position that it matched', async () => {
    await start({ _id: 1, a: [5, 1] }, { _id: 2, a: [1, 5] }, { _id: 3, a: [1] });
    const { modifiedCount } = await collection().updateMany({ a: 5 }, { $set: { 'a.$': 0 } });
    expect(modifiedCount).toBe(2);
    expect((await collection().find().toArray()).map(({ a }) => a as unknown)).toEqual([[0, 1], [1, 0], [1]]);
  });

  it('finds and modifies by array filters and by position', async () => {
    await start({ _id: 1, a: [1, 5], b: [{ k: 1 }, { k: 2 }] });
    const after = await collection().findOneAndUpdate(
      { a: 5 },
      { $set: { 'a.$': 6, 'b.$[e].v': 7 } },
      { arrayFilters: [{ 'e.k': 2 }], returnDocument: 'after' },
    );
    expect(after).toEqual({ _id: 1, a: [1, 6], b: [{ k: 1 }, { k: 2, v: 7 }] });
    await expect(
      db().command({ findAndModify: 'c', remove: true, arrayFilters: [{ e: 1 }] }),
    ).rejects.toMatchObject({ code: 9, message: 'Cannot specify arrayFilters and remove=true' });
  });

  it('lists the upserted of a batch with their places', async () => {
    await start({ _id: 1 });
    const set = { $set: { a: 1 } };
    const updates = [
      { q: { _id: 1 } },
      { q: { _id: 2 }, upsert: true },
      { q: { _id: 3 }, upsert: true, multi: true },
    ];
    const reply = await db().command({ update: 'c', updates: updates.map((each) => ({ ...each, u: set })) });
    expect(reply).toMatchObject({ n: 3, nModified: 1, ok: 1 });
    expect(reply['upserted']).toEqual([
      { index: 1, _id: 2 },
      { index: 2, _id: 3 },
    ]);
  });

  it.each<[Record<string, unknown>, number, string]>([
    [{ u: {} }, 40414, "BSON field 'update.updates.q' is missing but a required field"],
    [{ q: {} }, 40414, "BSON field 'update.updates.u' is missing but a required field"],
    [{ q: 1, u: {} }, 14, "BSON field 'update.updates.q' is the wrong type 'int', expected type 'object'"],
    [{ q: {}, u: 1 }, 9, 'Update argument must be either an object or an array'],
    [{ q: {}, u: [1] }, 14, "Each element of the 'pipeline' array must be an object"],
    [
      { q: {}, u: {}, multi: 'x' },
      14,
      "BSON field 'update.updates.multi' is the wrong type 'string', expected type 'bool'",
    ],
    [
      { q: {}, u: {}, arrayFilters: [1] },
      14,
      "BSON field 'update.updates.arrayFilters.0' is the wrong type 'int', expected type 'object'",
    ],
    [{ q: {}, u: {}, sort: { a: 1 } }, 40415, "BSON field 'update.updates.sort' is an unknown field."],
  ])(
    'refuses the command with the statement %j before any statement runs',
    async (statement, code, message) => {
      await start({ _id: 1 });
      const good = { q: {}, u: { $set: { a: 1 } } };
      const answer = db().command({ update: 'c', updates: [good, statement] });
      await expect(answer).rejects.toMatchObject({ code, message });
      expect(await collection().findOne()).toEqual({ _id: 1 });
    },
  );

  it.each<[Record<string, unknown>, number, string]>([
    [{ q: {} }, 40414, "BSON field 'delete.deletes.limit' is missing but a required field"],
    [{ limit: 1 }, 40414, "BSON field 'delete.deletes.q' is missing but a required field"],
    [{ q: {}, limit: 2 }, 9, 'The limit field in delete objects must be 0 or 1. Got 2'],
    [{ q: {}, limit: 1, multi: true }, 40415, "BSON field 'delete.deletes.multi' is an unknown field."],
  ])('refuses to delete by %j before any statement runs', async (statement, code, message) => {
    await start({ _id: 1 });
    const answer = db().command({ delete: 'c', deletes: [{ q: {}, limit: 1 }, statement] });
    await expect(answer).rejects.toMatchObject({ code, message });
    expect(await collection().findOne()).toEqual({ _id: 1 });
  });

  it('gives timestamps that grow, also for empty ones in new documents', async () => {
    const empty = new Timestamp({ t: 0, i: 0 });
    await start({ _id: 1, t: empty, d: { t: empty } }, { _id: 2 });
    await collection().replaceOne({ _id: 2 }, { t: empty });
    await collection().updateMany({}, { $currentDate: { u: { $type: 'timestamp' } }, $set: { e: empty } });
    const [first, second] = await collection().find().toArray();
    const times = [first?.['t'], second?.['t'], first?.['u'], second?.['u']] as Timestamp[];
    expect(times.every((time, i) => time.greaterThan(times[i - 1] ?? empty))).toBe(true);
    expect([(first?.['d'] as Document)['t'], first?.['e'], second?.['e']]).toEqual([empty, empty, empty]);
  });

  it('refuses a hint of the wrong type or of no index, and does not upsert then', async () => {
    await start({ _id: 1 });
    const wrong = { ok: false, code: 9, message: 'Hint must be a string or an object' };
    expect(await update({ u: {}, hint: 1 })).toMatchObject(wrong);
    const answer = await update({ q: { a: 1 }, u: { $set: { b: 1 } }, upsert: true, hint: 'a_1' });
    expect(answer.ok ? writeErrors(answer.reply) : [answer]).toMatchObject([{ code: 2 }]);
    expect(await collection().countDocuments()).toBe(1);
  });

  it('carries out writes that nobody waits for', async () => {
    await start({ _id: 1 });
    await collection().updateOne({ _id: 1 }, { $set: { a: 1 } }, { writeConcern: { w: 0 } });
    await collection().updateOne({ _id: 2 }, { $bogus: 1 } as never, { writeConcern: { w: 0 } });
    expect(await collection().find().toArray()).toEqual([{ _id: 1, a: 1 }]);
  });
});

function codeOr(run: () => string): string | number {
  try {
    return run();
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}
