import { Double, Long, type Document } from 'mongodb';
import { doc, show, type Doc } from './model/value.js';
import { ask, askAll } from './oracle/ask.js';
import { openTestStore, type TestStore } from './support/embedded.js';

const DOCUMENTS: Record<string, unknown>[] = [
  { _id: 1, k: 'x', n: 5, tags: ['a', 'b'], o: { z: 1 } },
  { _id: 2, k: 'y', n: 7, tags: [] },
  { _id: 3, k: 'x', n: null, tags: 'c', ref: [1, 2] },
  { _id: 4, k: 'z', ref: 9 },
];

const ids = (...wanted: number[]): unknown[] => wanted.map((_id) => ({ _id }));
const PROJECT_ID = { $project: { _id: 1 } };

// prettier-ignore
/** A pipeline over the documents above and MongoDB 7's answer: the documents, or the error's code. */
const CASES: [pipeline: Document[], expected: unknown[] | number][] = [
  // What becomes of fields.
  [[{ $match: { _id: 1 } }, { $project: { n: 1, 'o.z': 1, 'o.y': { $add: ['$n', 1] }, m: '$k' } }], [{ _id: 1, n: 5, o: { z: 1, y: 6 }, m: 'x' }]],
  [[{ $match: { _id: 1 } }, { $project: { tags: 0, o: { z: 0 } } }], [{ _id: 1, k: 'x', n: 5, o: {} }]],
  [[{ $match: { _id: 4 } }, { $project: { _id: 0, k: 'text', none: '$none', l: { $literal: 1 }, list: ['$k', '$none'] } }], [{ k: 'text', l: 1, list: ['z', null] }]],
  [[{ $match: { _id: 1 } }, { $project: { 'tags.x': '$n', _id: 0 } }], [{ tags: [] }]],
  [[{ $match: { _id: 1 } }, { $project: { 'n.x': 'a', _id: 0 } }], [{ n: { x: 'a' } }]],
  [[{ $project: { a: 1, b: 0 } }], 31254], [[{ $project: { a: 0, b: 1 } }], 31253], [[{ $project: {} }], 51272], [[{ $project: { a: {} } }], 51270], [[{ $project: 1 }], 15969],
  [[{ $project: { a: 1, 'a.b': 1 } }], 31249], [[{ $project: { 'a.b': 1, a: 1 } }], 31250], [[{ $project: { 'a..b': 1 } }], 15998], [[{ $project: { $a: 1 } }], 16410], [[{ $project: { a: { $nope: 1 } } }], 168],
  [[{ $match: { _id: 1 } }, { $addFields: { n: 6, 'o.z': { $add: ['$n', '$o.z'] }, 'tags.t': 1, new: { a: { b: '$k' } } } }, { $unset: 'k' }], [{ _id: 1, n: 6, tags: [{ t: 1 }, { t: 1 }], o: { z: 6 }, new: { a: { b: 'x' } } }]],
  [[{ $match: { _id: 4 } }, { $set: { k: '$$REMOVE', ref: '$none', e: [] } }], [{ _id: 4, e: [] }]],
  [[{ $addFields: {} }], 40177], [[{ $addFields: 1 }], 40272], [[{ $addFields: { a: 1, 'a.b': 1 } }], 40176], [[{ $addFields: { a: {} } }], 40180], [[{ $addFields: { a: { 'b.c': 1 } } }], 40183], [[{ $match: { _id: 1 } }, { $set: { o: { y: 2 } } }, { $project: { o: 1, _id: 0 } }], [{ o: { z: 1, y: 2 } }]], [[{ $set: { a: { $nope: 1 } } }], 168],
  [[{ $match: { _id: 1 } }, { $unset: ['k', 'o.z', 'tags'] }], [{ _id: 1, n: 5, o: {} }]], [[{ $unset: 1 }], 31002], [[{ $unset: [] }], 31119], [[{ $unset: [1] }], 31120],
  [[{ $match: { _id: 1 } }, { $replaceRoot: { newRoot: { $mergeObjects: [{ a: 1 }, '$o'] } } }], [{ a: 1, z: 1 }]], [[{ $replaceWith: '$o' }], 40228], [[{ $replaceRoot: { newRoot: 1 } }], 40228], [[{ $replaceRoot: {} }], 40231],

  // Bounds, order, arrays taken apart.
  [[{ $sort: { n: -1, _id: 1 } }, { $skip: 1 }, { $limit: 2 }, PROJECT_ID], ids(1, 3)], [[{ $project: { n: 1 } }, { $sort: { n: 1, _id: -1 } }, { $limit: 3 }, PROJECT_ID], ids(4, 3, 1)],
  [[{ $limit: 0 }], 15958], [[{ $limit: -1 }], 2107201], [[{ $limit: 'x' }], 2107201], [[{ $limit: 1.5 }], 2107201], [[{ $skip: -1 }], 5107200], [[{ $sort: {} }], 15976], [[{ $sort: 1 }], 15973], [[{ $sort: { a: 2 } }], 15975],
  [[{ $unwind: '$tags' }, { $project: { tags: 1 } }], [{ _id: 1, tags: 'a' }, { _id: 1, tags: 'b' }, { _id: 3, tags: 'c' }]],
  [[{ $unwind: { path: '$tags', preserveNullAndEmptyArrays: true, includeArrayIndex: 'at' } }, { $project: { tags: 1, at: 1 } }], [{ _id: 1, tags: 'a', at: Long.fromNumber(0) }, { _id: 1, tags: 'b', at: Long.fromNumber(1) }, { _id: 2, at: null }, { _id: 3, tags: 'c', at: null }, { _id: 4, at: null }]],
  [[{ $unwind: 'tags' }], 28818], [[{ $unwind: 1 }], 15981], [[{ $unwind: {} }], 28812], [[{ $unwind: { path: '$a', x: 1 } }], 28811], [[{ $unwind: { path: 1 } }], 28808], [[{ $unwind: { path: '$a', includeArrayIndex: '$i' } }], 28822],

  // Groups.
  [[{ $group: { _id: '$k', n: { $sum: '$n' }, c: { $sum: 1 }, avg: { $avg: '$n' }, ids: { $push: '$_id' }, f: { $first: '$n' }, l: { $last: '$n' }, min: { $min: '$_id' }, max: { $max: '$tags' } } }, { $sort: { _id: 1 } }],
    [{ _id: 'x', n: 5, c: 2, avg: new Double(5), ids: [1, 3], f: 5, l: null, min: 1, max: ['a', 'b'] }, { _id: 'y', n: 7, c: 1, avg: new Double(7), ids: [2], f: 7, l: 7, min: 2, max: [] }, { _id: 'z', n: 0, c: 1, avg: null, ids: [4], f: null, l: null, min: 4, max: null }]],
  [[{ $group: { _id: '$ref', n: { $count: {} } } }, { $sort: { n: -1, _id: 1 } }, { $limit: 1 }], [{ _id: null, n: 2 }]],
  [[{ $group: { _id: { a: '$none' } } }], [{ _id: { a: null } }]], [[{ $group: { _id: { a: '$none', b: 'c' } } }], [{ _id: { b: 'c' } }]],
  [[{ $group: { _id: null, a: { $top: { sortBy: { _id: -1 }, output: '$k' } }, b: { $bottomN: { n: 2, sortBy: { _id: -1 }, output: '$_id' } }, c: { $maxN: { n: 2, input: '$n' } }, d: { $lastN: { n: 2, input: '$n' } }, e: { $stdDevPop: '$n' }, f: { $mergeObjects: '$o' } } }],
    [{ _id: null, a: 'z', b: [2, 1], c: [7, 5], d: [null, null], e: new Double(1), f: { z: 1 } }]],
  [[{ $match: { k: 'none' } }, { $group: { _id: null, n: { $sum: 1 } } }], []], [[{ $match: { k: 'x' } }, { $group: { _id: 1, n: { $sum: 1 } } }], [{ _id: 1, n: 2 }]],
  [[{ $group: { n: { $sum: 1 } } }], 15955], [[{ $group: 1 }], 15947], [[{ $group: { _id: 1, n: 1 } }], 40234], [[{ $group: { _id: 1, 'a.b': { $sum: 1 } } }], 40235], [[{ $group: { _id: 1, n: { $nope: 1 } } }], 15952],
  [[{ $group: { _id: 1, n: { $sum: 1, $avg: 1 } } }], 40238], [[{ $group: { _id: 1, n: { $sum: [1, 2] } } }], 40237], [[{ $group: { _id: { a: 1, b: 2 } } }], 17390], [[{ $group: { _id: 1, n: { $count: 1 } } }], 9],
  [[{ $count: 'n' }], [{ n: 4 }]], [[{ $match: { _id: 0 } }, { $count: 'n' }], []], [[{ $count: '' }], 40156], [[{ $count: '$a' }], 40158], [[{ $count: 'a.b' }], 40160],
  [[{ $sortByCount: '$k' }, { $limit: 1 }], [{ _id: 'x', count: 2 }]], [[{ $sortByCount: 'k' }], 40147],
  [[{ $bucket: { groupBy: '$_id', boundaries: [0, 2, 4], default: 'more', output: { ids: { $push: '$_id' } } } }], [{ _id: 0, ids: [1] }, { _id: 2, ids: [2, 3] }, { _id: 'more', ids: [4] }]],
  [[{ $bucket: { groupBy: '$_id', boundaries: [0, 2] } }], 40066], [[{ $bucket: { groupBy: '$_id', boundaries: [2, 1] } }], 40194], [[{ $bucket: { groupBy: '$_id', boundaries: [1] } }], 40192], [[{ $bucket: { groupBy: '$_id', boundaries: [1, 'a'] } }], 40193], [[{ $bucket: {} }], 40198],
  [[{ $facet: { n: [{ $count: 'n' }], top: [{ $sort: { _id: -1 } }, { $limit: 1 }, PROJECT_ID] } }], [{ n: [{ n: 4 }], top: [{ _id: 4 }] }]], [[{ $facet: {} }], 40169], [[{ $facet: { a: 1 } }], 40170], [[{ $facet: { a: [{ $facet: {} }] } }], 40600],

  // Other collections.
  [[{ $lookup: { from: 'c', localField: 'ref', foreignField: '_id', as: 'm' } }, { $project: { 'm._id': 1 } }], [{ _id: 1, m: [] }, { _id: 2, m: [] }, { _id: 3, m: [{ _id: 1 }, { _id: 2 }] }, { _id: 4, m: [] }]],
  [[{ $lookup: { from: 'c', localField: 'n', foreignField: 'n', as: 'o.m' } }, { $project: { 'o.m': { $size: '$o.m' } } }], [{ _id: 1, o: { m: 1 } }, { _id: 2, o: { m: 1 } }, { _id: 3, o: { m: 2 } }, { _id: 4, o: { m: 2 } }]],
  [[{ $lookup: { from: 'c', let: { k: '$k' }, pipeline: [{ $match: { $expr: { $eq: ['$k', '$$k'] } } }, PROJECT_ID], as: 'm' } }, { $project: { m: 1 } }], [{ _id: 1, m: ids(1, 3) }, { _id: 2, m: ids(2) }, { _id: 3, m: ids(1, 3) }, { _id: 4, m: ids(4) }]],
  [[{ $match: { _id: 3 } }, { $lookup: { from: 'c', localField: 'ref', foreignField: '_id', let: { id: '$_id' }, pipeline: [{ $sort: { _id: -1 } }, { $limit: 1 }, { $project: { by: '$$id' } }], as: 'm' } }, { $project: { m: 1 } }], [{ _id: 3, m: [{ _id: 2, by: 3 }] }]],
  [[{ $match: { _id: 1 } }, { $lookup: { from: 'none', pipeline: [], as: 'm' } }, { $project: { m: 1 } }], [{ _id: 1, m: [] }]],
  [[{ $lookup: { from: 'c', as: 'm' } }], 9], [[{ $lookup: { from: 'c', localField: 'a', as: 'm' } }], 9], [[{ $lookup: { from: 1, pipeline: [], as: 'm' } }], 9], [[{ $lookup: { from: 'c', pipeline: [{ $nope: 1 }], as: 'm' } }], 40324],
  [[{ $match: { _id: 1 } }, PROJECT_ID, { $unionWith: { coll: 'c', pipeline: [{ $match: { _id: { $gt: 3 } } }, PROJECT_ID] } }], ids(1, 4)], [[{ $match: { _id: 0 } }, { $unionWith: 'c' }, { $count: 'n' }], [{ n: 4 }]],

  // The rest.
  [[{ $match: { $expr: { $gt: ['$n', 5] } } }, PROJECT_ID], ids(2)], [[{ $addFields: { m: { $add: ['$n', 1] } } }, { $match: { m: { $gte: 6 } } }, { $project: { m: 1 } }], [{ _id: 1, m: 6 }, { _id: 2, m: 8 }]],
  [[{ $sample: { size: 2 } }, { $count: 'n' }], [{ n: 2 }]], [[{ $sample: { size: -1 } }], 28747], [[{ $sample: {} }], 28749], [[{ $collStats: { count: {} } }, { $project: { count: 1 } }], [{ count: 4 }]], [[{ $indexStats: {} }, { $project: { key: 1, _id: 0 } }], [{ key: { _id: 1 } }]],
  [[{ $nope: 1 }], 40324], [[{ $match: {}, $limit: 1 }], 40323], [[{}], 40323], [[{ $limit: 1 }, { $collStats: { count: {} } }], 40602], [[{ $documents: [] }], 73], [[{ $match: 1 }], 15959], [[{ $graphLookup: {} }], 238], [[{ $project: { a: { $divide: [1, 0] } } }], 2],
];

describe('aggregation', () => {
  let test: TestStore;
  const db = () => test.client.db('aggregation');
  beforeAll(async () => {
    test = await openTestStore();
    await ask(db(), { insert: 'c', documents: DOCUMENTS.map(doc) });
  });
  afterAll(() => test.close());

  it.each(CASES.map(([pipeline, expected]) => [JSON.stringify(pipeline), pipeline, expected] as const))(
    '%s',
    async (_name, pipeline, expected) => {
      const answer = await askAll(
        db(),
        { aggregate: 'c', pipeline: pipeline.map((stage) => doc(stage)), cursor: {} },
        'c',
      );
      const actual = answer.ok ? (answer.reply.get('documents') as Doc[]).map(show) : answer.code;
      expect(actual).toEqual(
        typeof expected === 'number'
          ? expected
          : expected.map((item) => show(doc(item as Record<string, unknown>))),
      );
    },
  );

  it('computes with the variables of the command', async () => {
    const pipeline = [
      { $match: { $expr: { $eq: ['$n', '$$wanted'] } } },
      { $project: { n: { $add: ['$n', '$$more'] } } },
    ];
    const found = await db()
      .collection('c')
      .aggregate(pipeline, { let: { wanted: 5, more: { $add: [1, 1] } } })
      .toArray();
    expect(found).toEqual([{ _id: 1, n: 7 }]);
  });

  it('computes a variable of the command once, before it looks at a document', async () => {
    const pipeline = [{ $match: {} }, { $group: { _id: '$$chance' } }];
    const groups = await db()
      .collection('c')
      .aggregate(pipeline, { let: { chance: { $rand: {} } } })
      .toArray();
    expect(groups).toEqual([{ _id: expect.any(Number) as number }]);
    const refused = db()
      .collection('c')
      .aggregate(pipeline, { let: { chance: '$n' } });
    await expect(refused.toArray()).rejects.toMatchObject({ code: 4890500 });
  });

  it('makes documents out of nothing', async () => {
    const found = await db()
      .aggregate([{ $documents: [{ a: 1 }, { a: 2 }] }, { $match: { a: 2 } }])
      .toArray();
    expect(found).toEqual([{ a: 2 }]);
    await expect(
      db()
        .aggregate([{ $match: {} }])
        .toArray(),
    ).rejects.toMatchObject({ code: 73 });
  });

  it('gives its documents as they are asked for', async () => {
    const many = db().collection('many');
    await many.insertMany(
      Array.from({ length: 5000 }, (_, i) => ({ _id: i, text: 'x'.repeat(100) })) as never[],
    );
    const cursor = many.aggregate([{ $project: { text: 0 } }, { $skip: 10 }], { batchSize: 50 });
    const seen: unknown[] = [];
    for await (const { _id } of cursor) {
      seen.push(_id);
      // What is removed ahead of the cursor is not seen any more: the rest was not read at once.
      if (seen.length === 10) await many.deleteMany({ _id: { $gte: 4000 } } as never);
    }
    expect(seen).toEqual(Array.from({ length: 3990 }, (_, i) => i + 10));
  });

  it('joins through the index of the other collection', async () => {
    const [left, right] = [db().collection('left'), db().collection('right')];
    await right.createIndex({ key: 1 });
    await right.insertMany(Array.from({ length: 5000 }, (_, i) => ({ key: i })));
    await left.insertMany(Array.from({ length: 500 }, (_, i) => ({ key: i * 9 })));
    const joined = await left
      .aggregate([
        { $lookup: { from: 'right', localField: 'key', foreignField: 'key', as: 'm' } },
        { $match: { 'm.key': { $exists: true } } },
        { $count: 'n' },
      ])
      .toArray();
    expect(joined).toEqual([{ n: 500 }]);
  }, 5000);
});
