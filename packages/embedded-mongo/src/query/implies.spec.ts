import { Long, serialize } from 'bson';
import { objectValue } from '../bson/value.js';
import { conjuncts, type Filter } from './filter.js';
import { implies } from './implies.js';
import { parseFilter } from './parse-filter.js';

const filterOf = (doc: object): Filter => parseFilter(objectValue(Buffer.from(serialize(doc))));

describe('implies', () => {
  it.each<[object, object]>([
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { a: Long.fromNumber(1) }],
    [{ a: 8 }, { a: { $gt: 5 } }],
    [{ a: { $gt: 5 } }, { a: { $gt: 5 } }],
    [{ a: { $gt: 5 } }, { a: { $gte: 5 } }],
    [{ a: { $lt: 3 } }, { a: { $lte: 4 } }],
    [{ a: { $in: [6, 7] } }, { a: { $gt: 5 } }],
    [{ a: 'x' }, { a: { $exists: true } }],
    [{ a: { $lt: 'x' } }, { a: { $type: 'string' } }],
    [
      { a: 1, b: 'x' },
      { a: 1, b: { $exists: true } },
    ],
    [{ a: 1 }, { $or: [{ a: 1 }, { a: 2 }] }],
    [{ a: 1 }, { a: { $in: [1, 2] } }],
  ])('%j guarantees %j', (known, wanted) => {
    expect(implies(conjuncts(filterOf(known)), filterOf(wanted))).toBe(true);
  });

  it.each<[object, object]>([
    [{ b: 1 }, { a: 1 }],
    [{ a: 5 }, { a: { $gt: 5 } }],
    [{ a: { $gte: 5 } }, { a: { $gt: 5 } }],
    [{ a: { $gt: 4 } }, { a: { $gt: 5 } }],
    [{ a: 'x' }, { a: { $gt: 5 } }],
    [{ a: null }, { a: { $exists: true } }],
    [{ a: { $in: [6, null] } }, { a: { $exists: true } }],
    [{ a: { $ne: 1 } }, { a: { $exists: true } }],
    [{ a: 1 }, { a: { $type: 'int' } }],
    [{ a: { $gt: 1 } }, { a: 2 }],
    [{ $or: [{ a: 1 }, { b: 1 }] }, { a: 1 }],
    [{ a: { $not: { $gt: 5 } } }, { a: { $lte: 5 } }],
    [{ a: 1 }, { a: 1, b: 2 }],
  ])('%j does not guarantee %j', (known, wanted) => {
    expect(implies(conjuncts(filterOf(known)), filterOf(wanted))).toBe(false);
  });
});
