import { Decimal128 } from 'mongodb';

/** A document, what finds it, a projection, and what MongoDB 7 shows of it, or its error code. */
export type ProjectionCase = [
  document: Record<string, unknown>,
  filter: Record<string, unknown>,
  projection: Record<string, unknown>,
  shown: Record<string, unknown> | number,
];

const ROWS = {
  rows: [
    { x: 1, y: 2 },
    { x: 2, y: 3 },
    { x: 2, y: 4 },
  ],
  n: 1,
};

export const PROJECTION_CASES: ProjectionCase[] = [
  // Inclusion and exclusion.
  [{ a: 1, b: 2 }, {}, { a: 1 }, { _id: 0, a: 1 }],
  [{ a: 1, b: 2 }, {}, { a: true, _id: 0 }, { a: 1 }],
  [{ a: 1, b: 2 }, {}, { a: 0 }, { _id: 0, b: 2 }],
  [{ a: 1, b: 2 }, {}, { a: Decimal128.fromString('0'), _id: false }, { b: 2 }],
  [{ a: 1, b: 2 }, {}, { _id: 1 }, { _id: 0 }],
  [{ a: 1 }, {}, { _id: 0 }, { a: 1 }],
  [{ a: { x: 1, y: 2 }, b: 1 }, {}, { 'a.x': 1 }, { _id: 0, a: { x: 1 } }],
  [{ a: { x: 1, y: 2 }, b: 1 }, {}, { a: { x: 1 } }, { _id: 0, a: { x: 1 } }],
  [{ a: [{ x: 1, y: 2 }, 5, { y: 1 }] }, {}, { 'a.x': 1 }, { _id: 0, a: [{ x: 1 }, {}] }],
  [{ a: [{ x: 1, y: 2 }, 5] }, {}, { 'a.x': 0 }, { _id: 0, a: [{ y: 2 }, 5] }],
  [{ a: 5 }, {}, { 'a.x': 1 }, { _id: 0 }],
  // What cannot be.
  [{}, {}, { a: 1, b: 0 }, 31254],
  [{}, {}, { a: 0, b: 1 }, 31253],
  [{}, {}, { a: 1, 'a.b': 1 }, 31249],
  [{}, {}, { 'a.b': 1, a: 1 }, 31250],
  [{}, {}, { a: {} }, 51270],
  [{}, {}, { '': 1 }, 40352],
  [{}, {}, { 'a.': 1 }, 40353],
  [{}, {}, { 'a..b': 1 }, 15998],
  [{}, {}, { $a: 1 }, 16410],
  [{}, {}, { a: { $meta: 'textScore' } }, 238],
  [{}, {}, { a: { $nope: 1 } }, 168],
  [{}, {}, { a: 0, b: { $add: [1, 2] } }, 31252],
  [{}, {}, { a: 0, b: 'x' }, 31310],
  [{}, {}, { b: 'x', a: 0 }, 31254],
  // Computed fields come behind those that stay.
  [{ a: 1, b: 2 }, {}, { c: '$a', b: 1 }, { _id: 0, b: 2, c: 1 }],
  [{ a: 1, b: 2 }, {}, { a: 'text', _id: 0 }, { a: 'text' }],
  [{ a: 1, b: 2 }, {}, { sum: { $add: ['$a', '$b'] } }, { _id: 0, sum: 3 }],
  [{ a: 1 }, {}, { n: { $literal: 1 }, none: '$zz' }, { _id: 0, n: 1 }],
  [{ a: { x: 1, y: 2 } }, {}, { 'a.z': '$a.x', 'a.y': 1 }, { _id: 0, a: { y: 2, z: 1 } }],
  [{ a: 1 }, {}, { all: '$$ROOT' }, { _id: 0, all: { _id: 0, a: 1 } }],
  // $slice keeps all other fields, unless others are included.
  [{ a: [1, 2, 3], b: 1 }, {}, { a: { $slice: 2 } }, { _id: 0, a: [1, 2], b: 1 }],
  [{ a: [1, 2, 3], b: 1 }, {}, { a: { $slice: -2 } }, { _id: 0, a: [2, 3], b: 1 }],
  [{ a: [1, 2, 3, 4] }, {}, { a: { $slice: [1, 2] } }, { _id: 0, a: [2, 3] }],
  [{ a: [1, 2, 3, 4] }, {}, { a: { $slice: [-3, 2] } }, { _id: 0, a: [2, 3] }],
  [{ a: [1, 2] }, {}, { a: { $slice: [-5, 1] } }, { _id: 0, a: [1] }],
  [{ a: [1, 2] }, {}, { a: { $slice: [5, 1] } }, { _id: 0, a: [] }],
  [{ a: [1, 2, 3], b: 1, c: 1 }, {}, { a: { $slice: 1 }, b: 1 }, { _id: 0, a: [1], b: 1 }],
  [{ a: [1, 2, 3], b: 1, c: 1 }, {}, { a: { $slice: 1 }, b: 0 }, { _id: 0, a: [1], c: 1 }],
  [{ a: 5 }, {}, { a: { $slice: 1 } }, { _id: 0, a: 5 }],
  [{ d: { a: [1, 2], b: 1 }, c: 1 }, {}, { 'd.a': { $slice: 1 }, c: 1 }, { _id: 0, d: { a: [1] }, c: 1 }],
  [{ a: [1, 2, 3] }, {}, { first: { $slice: ['$a', 2] } }, { _id: 0, first: [1, 2] }],
  [{ a: [1, 2] }, {}, { a: { $slice: [1, -1] } }, 28724],
  // $elemMatch shows the first element that matches, behind the other fields.
  [ROWS, {}, { rows: { $elemMatch: { x: 2 } } }, { _id: 0, rows: [{ x: 2, y: 3 }] }],
  [ROWS, {}, { rows: { $elemMatch: { x: 2 } }, n: 1 }, { _id: 0, n: 1, rows: [{ x: 2, y: 3 }] }],
  [ROWS, {}, { rows: { $elemMatch: { x: 9 } } }, { _id: 0 }],
  [{ a: [1, 5, 7] }, {}, { a: { $elemMatch: { $gt: 2 } } }, { _id: 0, a: [5] }],
  [{ a: 5 }, {}, { a: { $elemMatch: { $gt: 2 } } }, { _id: 0 }],
  [{}, {}, { 'a.b': { $elemMatch: { $gt: 2 } } }, 31255],
  [{}, {}, { a: { $elemMatch: 1 } }, 31274],
  // The positional operator shows the element that the filter matched.
  [ROWS, { 'rows.x': 2 }, { 'rows.$': 1 }, { _id: 0, rows: [{ x: 2, y: 3 }] }],
  [
    ROWS,
    { rows: { $elemMatch: { x: 2, y: 4 } } },
    { 'rows.$': 1, n: 1 },
    { _id: 0, rows: [{ x: 2, y: 4 }], n: 1 },
  ],
  [{ a: [3, 5, 7] }, { a: { $gt: 4 } }, { 'a.$': 1 }, { _id: 0, a: [5] }],
  [{ a: { b: [3, 5] } }, { 'a.b': 5 }, { 'a.b.$': 1 }, { _id: 0, a: { b: [5] } }],
  [ROWS, { 'rows.x': 2 }, { 'rows.y.$': 1 }, { _id: 0, rows: [{ y: 3 }] }],
  [{ a: [1], b: 5 }, { b: 5 }, { 'a.$': 1 }, 51246],
  [ROWS, { 'rows.x': 2 }, { 'rows.$': 0 }, 31395],
  [ROWS, { 'rows.x': 2 }, { 'rows.$.x': 1 }, 31394],
  [ROWS, { 'rows.x': 2 }, { 'rows.$': 'x' }, 31308],
  [ROWS, { 'rows.x': 2 }, { 'rows.$': 1, 'n.$': 1 }, 31276],
  [ROWS, { 'rows.x': 2 }, { 'rows.$': 1, n: { $elemMatch: { x: 1 } } }, 31256],
];
