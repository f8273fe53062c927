import { Double, Long } from 'mongodb';

/** A document, an update, and the document MongoDB 7 makes of it or the code of its error. */
export type UpdateCase = [
  document: Record<string, unknown>,
  update: Record<string, unknown>,
  expected: Record<string, unknown> | number,
];

export const UPDATE_CASES: UpdateCase[] = [
  // Paths: made where they are missing, refused below what is neither document nor array.
  [{ a: 1 }, { $set: { b: 2 } }, { a: 1, b: 2 }],
  [{}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  [{ a: 1 }, { $set: { 'a.b': 1 } }, 28],
  [{ a: null }, { $set: { 'a.b': 1 } }, 28],
  [{ a: [1] }, { $set: { 'a.b': 1 } }, 28],
  [{ a: [1] }, { $set: { 'a.3': 9 } }, { a: [1, null, null, 9] }],
  [{ a: [{ x: 1 }] }, { $set: { 'a.0.x': 2 } }, { a: [{ x: 2 }] }],
  [{ a: {} }, { $set: { 'a.0': 1 } }, { a: { 0: 1 } }],
  // New fields come in the order of their names, whatever the order in the update.
  [{}, { $set: { b: 1, a: 2 } }, { a: 2, b: 1 }],
  [{}, { $set: { b: 1 }, $inc: { a: 1 } }, { a: 1, b: 1 }],
  [{ a: [] }, { $set: { 'a.10': 1, 'a.9': 2 } }, { a: [...Array<null>(9).fill(null), 2, 1] }],
  [{ a: 1, b: 2 }, { $unset: { a: '' } }, { b: 2 }],
  [{ a: [1, 2, 3] }, { $unset: { 'a.1': '' } }, { a: [1, null, 3] }],
  [{ a: 1 }, { $unset: { 'a.b': '' } }, { a: 1 }],
  // Arithmetic keeps or widens the type.
  [{ a: 1 }, { $inc: { a: 2 } }, { a: 3 }],
  [{ a: 1 }, { $inc: { a: new Double(0.5) } }, { a: new Double(1.5) }],
  [{ a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromNumber(2147483648) }],
  [{ a: Long.fromNumber(1) }, { $inc: { a: 1 } }, { a: Long.fromNumber(2) }],
  [{}, { $inc: { 'a.b': 5 } }, { a: { b: 5 } }],
  [{}, { $mul: { a: 5 } }, { a: 0 }],
  [{}, { $mul: { a: new Double(5) } }, { a: new Double(0) }],
  [{ a: 65536 }, { $mul: { a: 65536 } }, { a: Long.fromNumber(4294967296) }],
  [{ a: 'x' }, { $inc: { a: 1 } }, 14],
  [{ a: null }, { $inc: { a: 1 } }, 14],
  [{ a: 1 }, { $inc: { a: 'x' } }, 14],
  // Extremes compare across types; equal values stay as they are.
  [{ a: 5 }, { $max: { a: 3 } }, { a: 5 }],
  [{ a: 5 }, { $max: { a: 'x' } }, { a: 'x' }],
  [{ a: 5 }, { $min: { a: null } }, { a: null }],
  [{ a: 1 }, { $max: { a: new Double(1) } }, { a: 1 }],
  [{}, { $min: { a: 7 } }, { a: 7 }],
  // Arrays.
  [{ a: [1] }, { $push: { a: [2, 3] } }, { a: [1, [2, 3]] }],
  [{ a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  [{}, { $push: { a: 1 } }, { a: [1] }],
  [{ a: 1 }, { $push: { a: 1 } }, 2],
  [{ a: null }, { $push: { a: 1 } }, 2],
  [{ a: [1] }, { $push: { a: { $each: 2 } } }, 2],
  [{ a: [1] }, { $addToSet: { a: { $each: [new Double(1), 2, 2] } } }, { a: [1, 2] }],
  [
    { a: [{ x: 1, y: 2 }] },
    { $addToSet: { a: { y: 2, x: 1 } } },
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
  ],
  [{ a: 'x' }, { $addToSet: { a: 1 } }, 2],
  [{ a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
  [{ a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [{ a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }, { a: [{ x: 2 }] }],
  [{ a: [[1], 1] }, { $pull: { a: [1] } }, { a: [1] }],
  [{ a: 'x' }, { $pull: { a: 1 } }, 2],
  [{ b: 1 }, { $pull: { a: 1 } }, { b: 1 }],
  [{ a: 1 }, { $pull: { 'a.b': 1 } }, 28],
  // Renaming.
  [{ a: 1, c: 3 }, { $rename: { a: 'b' } }, { c: 3, b: 1 }],
  [{ a: 1, b: 2 }, { $rename: { a: 'b' } }, { b: 1 }],
  [{ a: { x: 1 } }, { $rename: { 'a.x': 'b.y' } }, { a: {}, b: { y: 1 } }],
  [{ b: 1 }, { $rename: { a: 'c' } }, { b: 1 }],
  [{ a: [{ x: 1 }] }, { $rename: { 'a.0.x': 'b' } }, 2],
  [{ a: 1, b: 2 }, { $rename: { a: 'b.c' } }, 28],
  [{ a: 1 }, { $rename: { a: 'a.b' } }, 2],
  [{ a: 1 }, { $rename: { a: 5 } }, 2],
  // It stands at its target in the order of paths: an error at a path before that comes first.
  [{ t: 1, d: 2 }, { $push: { d: 1 }, $rename: { 't.0': 'e' } }, 2],
  [{ t: [1], d: { x: 2 } }, { $rename: { 't.0': 'e' }, $inc: { 'd.x.y': 1 } }, 28],
  // Conflicts and the immutable _id.
  [{}, { $set: { a: 1, 'a.b': 2 } }, 40],
  [{}, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
  [{}, { $rename: { a: 'b' }, $set: { b: 1 } }, 40],
  [{ _id: 1 }, { $set: { _id: 1 } }, { _id: 1 }],
  [{ _id: 1 }, { $set: { _id: 2 } }, 66],
  [{ _id: 1 }, { $unset: { _id: '' } }, 66],
  [{ _id: 1, a: 1 }, { _id: 2, a: 2 }, 66],
  // Replacement keeps the _id; $setOnInsert waits for an insert; an empty operator changes nothing.
  [{ _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 }],
  [{ _id: 1, a: 1 }, {}, { _id: 1 }],
  [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }],
  [{ a: 1 }, { $set: {} }, { a: 1 }],
  [{ a: 1 }, { $bogus: { a: 1 } }, 9],
];

/** A filter, an update, and the document an upsert inserts when nothing matches, or the code of its error. */
export const UPSERT_CASES: UpdateCase[] = [
  [{ _id: 1, a: 2 }, { $set: { b: 3 } }, { _id: 1, a: 2, b: 3 }],
  [{ _id: 1, b: 1, a: 2 }, { $set: { c: 3 } }, { _id: 1, a: 2, b: 1, c: 3 }],
  [{ _id: 1, a: { $gt: 5 }, c: { $exists: false } }, { $inc: { n: 1 } }, { _id: 1, n: 1 }],
  [{ _id: 1, 'd.x': 4 }, { $setOnInsert: { 'd.y': 5 } }, { _id: 1, d: { x: 4, y: 5 } }],
  [
    { _id: 1, a: { $eq: 2 } },
    { $setOnInsert: { b: 1 }, $max: { m: 9 } },
    { _id: 1, a: 2, b: 1, m: 9 },
  ],
  [{ _id: 1, $and: [{ a: 1 }, { b: 2 }] }, { $set: { c: 1 } }, { _id: 1, a: 1, b: 2, c: 1 }],
  [{ _id: 1, $and: [{ a: 1 }, { a: 2 }] }, { $set: { c: 1 } }, 54],
  [{ _id: 1, a: 5 }, { b: 1 }, { _id: 1, b: 1 }],
  [{ _id: 1 }, { _id: 2, b: 1 }, 66],
  [{ a: 78 }, { _id: null, b: 1 }, { _id: null, b: 1 }],
  [{ a: 77 }, { $setOnInsert: { _id: 9 } }, { _id: 9, a: 77 }],
  [{ _id: 1, a: 5 }, { $inc: { a: 1 } }, { _id: 1, a: 6 }],
  [{ _id: 1, a: 5 }, { $push: { a: 1 } }, 2],
];
