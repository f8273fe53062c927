/** A document, a filter that matches it, an update, and the document MongoDB 7 makes of it or the code of its error. */
export type ArrayUpdateCase = [
  document: Record<string, unknown>,
  filter: Record<string, unknown>,
  update: Record<string, unknown>,
  expected: Record<string, unknown> | number,
  arrayFilters?: Record<string, unknown>[],
];

const PAIRS = {
  a: [
    { k: 1, v: 1 },
    { k: 2, v: 1 },
  ],
};
const changed = (first: unknown, second: unknown) => ({
  a: [
    { k: 1, v: first },
    { k: 2, v: second },
  ],
});

export const ARRAY_UPDATE_CASES: ArrayUpdateCase[] = [
  // `$`: the element that the filter matched, wherever the array is that it is used on.
  [{ a: [1, 5, 9] }, { a: 5 }, { $set: { 'a.$': 0 } }, { a: [1, 0, 9] }],
  [{ a: [1, 5, 9] }, { a: { $gt: 3 } }, { $inc: { 'a.$': 1 } }, { a: [1, 6, 9] }],
  [{ a: [1, 5, 9] }, { a: { $in: [9, 10] } }, { $unset: { 'a.$': '' } }, { a: [1, 5, null] }],
  [PAIRS, { 'a.k': 2 }, { $set: { 'a.$.v': 7 } }, changed(1, 7)],
  [PAIRS, { a: { $elemMatch: { k: 2, v: 1 } } }, { $set: { 'a.$.v': 7 } }, changed(1, 7)],
  [PAIRS, { 'a.k': { $exists: true } }, { $mul: { 'a.$.v': 3 } }, changed(3, 1)],
  [PAIRS, { 'a.k': 2, 'a.v': 1 }, { $set: { 'a.$.v': 7 } }, changed(7, 1)],
  [PAIRS, { $and: [{ 'a.k': 2 }] }, { $set: { 'a.$.v': 7, 'a.0.v': 8 } }, changed(8, 7)],
  [{ a: [1, 5], b: [7, 8] }, { a: 5 }, { $set: { 'b.$': 0 } }, { a: [1, 5], b: [7, 0] }],
  [{ a: [1, 5] }, { a: 5 }, { $set: { 'c.$': 0 } }, { a: [1, 5], c: { 1: 0 } }],
  [{ a: [[1], [5]] }, { a: [5] }, { $push: { 'a.$': 6 } }, { a: [[1], [5, 6]] }],
  [
    { a: [{ b: [1] }, { b: [1, 2] }] },
    { 'a.b': 2 },
    { $push: { 'a.$.b': 3 } },
    { a: [{ b: [1] }, { b: [1, 2, 3] }] },
  ],
  [{ a: [{ b: [4, 5] }] }, { 'a.0.b': 5 }, { $set: { 'a.0.b.$': 0 } }, { a: [{ b: [4, 0] }] }],
  [{ a: [3] }, { 'a.0': 3 }, { $set: { 'a.$': 0 } }, { a: [0] }],
  // Conditions that say nothing about an element.
  [{ a: 1 }, { a: 1 }, { $set: { 'a.$': 0 } }, 2],
  [{ a: [1, 2] }, { a: [1, 2] }, { $set: { 'a.$': 0 } }, 2],
  [{ a: [1, 2] }, { a: { $size: 2 } }, { $set: { 'a.$': 0 } }, 2],
  [{ a: [1, 2] }, { a: { $ne: 7 } }, { $set: { 'a.$': 0 } }, 2],
  [{ a: [1, 2] }, { $or: [{ a: 2 }, { a: 3 }] }, { $set: { 'a.$': 0 } }, 2],
  [{ a: [1, 2] }, {}, { $set: { 'a.$': 0 } }, 2],
  [PAIRS, { 'a.k': 2 }, { $set: { 'a.$.v': 7, 'a.1.v': 8 } }, 40],
  [PAIRS, { 'a.k': 2 }, { $set: { 'a.$': 7, 'a.1.v': 8 } }, 40],

  // `$[]`: all elements.
  [{ a: [1, 5] }, {}, { $inc: { 'a.$[]': 1 } }, { a: [2, 6] }],
  [{ a: [] }, {}, { $inc: { 'a.$[]': 1 } }, { a: [] }],
  [PAIRS, {}, { $set: { 'a.$[].v': 7 } }, changed(7, 7)],
  [PAIRS, {}, { $unset: { 'a.$[].v': '' } }, { a: [{ k: 1 }, { k: 2 }] }],
  [{ a: [[1, 2], [3]] }, {}, { $mul: { 'a.$[].$[]': 10 } }, { a: [[10, 20], [30]] }],
  [
    { a: [[1], [2]] },
    {},
    { $push: { 'a.$[]': 0 } },
    {
      a: [
        [1, 0],
        [2, 0],
      ],
    },
  ],
  [{ b: 1 }, {}, { $set: { 'a.$[]': 1 } }, 2],
  [{ a: 1 }, {}, { $set: { 'a.$[]': 1 } }, 2],
  [{ a: { b: 1 } }, {}, { $set: { 'a.$[].b': 1 } }, 2],
  [{ a: [1] }, {}, { $set: { 'a.$[].b': 1 } }, 28],
  [{ a: [1] }, {}, { $set: { 'a.$[]': 1, 'a.0': 2 } }, 40],
  [{ a: [1] }, {}, { $set: { '$[]': 1 } }, 2],

  // `$[id]`: the elements that a filter chooses.
  [{ a: [1, 5, 9] }, {}, { $set: { 'a.$[i]': 0 } }, { a: [1, 0, 0] }, [{ i: { $gte: 5 } }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, changed(1, 7), [{ 'i.k': 2 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, changed(7, 7), [{ $or: [{ 'i.k': 2 }, { 'i.v': 1 }] }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, changed(1, 7), [{ 'i.k': { $gt: 1 }, 'i.v': 1 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, changed(1, 1), [{ 'i.k': 3 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7, 'a.$[j].v': 8 } }, changed(7, 8), [{ 'i.k': 1 }, { 'j.k': 2 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 }, $inc: { 'a.$[].v': 1 } }, 40, [{ 'i.k': 1 }]],
  [
    { a: [{ k: 1 }] },
    {},
    { $set: { 'a.$[i].v': 7 }, $inc: { 'a.$[].k': 1 } },
    { a: [{ k: 2, v: 7 }] },
    [{ 'i.k': 1 }],
  ],
  [
    { a: [{ b: [1, 2] }, { b: [2, 3] }] },
    {},
    { $set: { 'a.$[].b.$[n]': 0 } },
    { a: [{ b: [1, 0] }, { b: [0, 3] }] },
    [{ n: 2 }],
  ],
  [{ a: [[1, 2], 2] }, {}, { $set: { 'a.$[i]': 0 } }, { a: [0, 0] }, [{ i: 2 }]],
  [PAIRS, { 'a.k': 2 }, { $set: { 'a.$.v': 7 } }, 9, [{ 'i.k': 1 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, 2],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7, 'a.$[j].v': 8 } }, 40, [{ 'i.k': 1 }, { 'j.v': 1 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, 9, [{ 'i.k': 1 }, { 'i.k': 2 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, 9, [{ 'i.k': 1, 'j.k': 2 }]],
  [PAIRS, {}, { $set: { 'a.$[i].v': 7 } }, 9, [{}]],
  [PAIRS, {}, { b: 1 }, 9, [{ 'i.k': 1 }]],
];
