import { serialize } from 'bson';
import { objectValue } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { parseIndex } from '../catalog/index-info.js';
import { parseFilter } from './parse-filter.js';
import { planQuery, type Plan } from './planner.js';
import { parseSort } from './sort.js';

const bson = (doc: object) => objectValue(Buffer.from(serialize(doc)));
const INDEXES = [
  { key: { _id: 1 }, name: '_id_' },
  { key: { c: 1, seq: 1 }, name: 'c_seq', unique: true },
  { key: { sender: 1, cid: 1 }, name: 'sender_cid', unique: true },
  { key: { c: 1, seq: 1 }, name: 'hidden', partialFilterExpression: { hidden: true } },
  { key: { big: 1 }, name: 'big', partialFilterExpression: { big: { $gt: 10 } } },
  { key: { updated: -1, c: 1 }, name: 'updated' },
  { key: { opt: 1 }, name: 'opt', sparse: true },
];
const ns: CollectionInfo = {
  ns: 'a.b',
  uuid: '',
  ident: 1,
  indexes: INDEXES.map((spec, i) => parseIndex(bson(spec), i + 2)),
};

function plan(filter: object, sort: object = {}): Plan {
  return planQuery(ns, parseFilter(bson(filter)), parseSort(bson(sort)));
}

function shown(found: Plan): string {
  if (found.kind === 'union')
    return found.branches.map((branch) => shown(branch as Plan)).join(' | ') + (found.sorted ? '' : ' +sort');
  const name = found.kind === 'index' ? found.index.name : 'collection';
  return `${name}${found.reverse ? ' backward' : ''}${found.sorted ? '' : ' +sort'}${found.exact ? ' exact' : ''}`;
}

describe('planQuery', () => {
  it.each<[object, object, string]>([
    [{ _id: 1 }, {}, '_id_ exact'],
    [{ c: 'x', seq: 5 }, {}, 'c_seq exact'],
    [{ c: 'x', seq: { $gt: 5, $lte: 9 } }, { seq: 1 }, 'c_seq exact'],
    [{ c: 'x', seq: { $gt: 5 } }, { seq: -1 }, 'c_seq backward exact'],
    [{ c: 'x' }, { seq: -1 }, 'c_seq backward exact'],
    [{ c: 'x', hidden: true }, { seq: 1 }, 'hidden exact'],
    [{ c: 'x', hidden: { $ne: false } }, {}, 'c_seq'],
    [{ c: { $in: ['x', 'y'] } }, {}, 'c_seq exact'],
    [{ c: { $in: ['x', 'y'] } }, { c: 1 }, 'c_seq exact'],
    [{ c: { $in: ['x', 'y'] } }, { seq: 1 }, 'c_seq exact | c_seq exact'],
    [{ c: { $in: ['x', 'y'] } }, { seq: 1, at: 1 }, 'c_seq +sort exact'],
    [{ $or: [{ c: 'x' }, { c: 'y', seq: 1 }] }, { seq: -1 }, 'c_seq backward exact | c_seq exact'],
    [{ $or: [{ c: 'x' }, { sender: 'y' }] }, { seq: 1 }, 'c_seq exact | sender_cid exact +sort'],
    [{ sender: 's', cid: { $in: ['1', '2'] } }, {}, 'sender_cid exact'],
    [{ c: 'x', text: 'y' }, {}, 'c_seq'],
    [{ big: 11 }, {}, 'big exact'],
    [{ big: 5 }, {}, 'collection'],
    [{ big: { $gt: 20 } }, {}, 'big exact'],
    [{ $or: [{ _id: 1 }, { c: 'x', seq: 2 }] }, {}, '_id_ exact | c_seq exact'],
    [{ $or: [{ _id: 1 }, { text: 'x' }] }, {}, 'collection'],
    [{}, { updated: -1 }, 'updated exact'],
    [{}, { updated: 1, c: -1 }, 'updated backward exact'],
    [{}, { updated: 1, c: 1 }, 'collection +sort exact'],
    [{ text: 'x' }, {}, 'collection'],
    [{}, {}, 'collection exact'],
    [{ opt: 1 }, {}, 'opt exact'],
    [{ opt: null }, {}, 'collection'],
    [{ opt: { $exists: false } }, {}, 'collection'],
  ])('%j sorted by %j: %s', (filter, sort, expected) => {
    expect(shown(plan(filter, sort))).toBe(expected);
  });

  it('finds whole keys of a unique index by a get', () => {
    const found = plan({ sender: 's', cid: { $in: ['1', '2'] } });
    expect(found.kind === 'index' && found.ranges.map((range) => range.point)).toEqual([true, true]);
  });

  it('scans nothing when conditions exclude each other', () => {
    const found = plan({ c: 'x', seq: { $gt: 5, $lt: 3 } });
    expect(found.kind === 'index' && found.ranges).toEqual([]);
  });

  it('refuses a hint that names no index', () => {
    expect(() => planQuery(ns, { op: 'true' }, [], { name: 'nope' })).toThrow(
      'hint provided does not correspond',
    );
  });
});
