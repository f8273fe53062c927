import { compare } from '../model/compare.js';
import { compareKeys, sortKey, type Key, type KeyPattern } from '../model/keys.js';
import { distinctValues } from '../model/array-modifiers.js';
import { project } from '../model/project.js';
import { identity, isDoc, isNumeric, toNumber, type Doc, type Value } from '../model/value.js';
import { differ } from './difference.js';
import type { Operation } from './operations.js';
import { attempt, expectError, unexpected, type Subject } from './subject.js';

type Find = Extract<Operation, { kind: 'find' }>;

interface Sorted {
  document: Doc;
  key: Key;
}

export function sorted(documents: readonly Doc[], sort: KeyPattern): Sorted[] {
  return documents
    .map((document) => ({ document, key: sortKey(document, sort) }))
    .sort((left, right) => compareKeys(left.key, right.key, sort));
}

export async function checkFind(subject: Subject, operation: Find): Promise<void> {
  const { filter, sort, skip, limit, projection, batchSize } = operation;
  const expected = attempt(() => {
    if (projection !== undefined) project(new Map(), projection);
    const matching = subject.model.matching(filter);
    const ordered = sort === undefined ? matching : sorted(matching, sort).map(({ document }) => document);
    return { matching, page: ordered.slice(skip, limit === 0 ? undefined : skip + limit) };
  });
  const answer = await subject.askAll({
    find: subject.name,
    filter,
    ...(sort === undefined ? {} : { sort: new Map(sort) }),
    ...(skip === 0 ? {} : { skip }),
    ...(limit === 0 ? {} : { limit }),
    ...(projection === undefined ? {} : { projection }),
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  if (subject.refused(answer)) return;
  if ('code' in expected) return expectError(answer.ok ? null : answer, [expected.code], 'find');
  if (!answer.ok) unexpected('find', answer);
  const actual = answer.reply.get('documents') as Doc[];
  const { matching, page } = expected.value;
  if (actual.length !== page.length) differ('find gave another number of documents', page, actual);
  if (sort !== undefined && sort.some(([path]) => path === '_id')) {
    const shown = projection === undefined ? page : page.map((document) => project(document, projection));
    for (const [index, document] of shown.entries()) {
      if (identity(document) !== identity(actual[index] as Doc))
        differ(`find, document ${index}`, document, actual[index]);
    }
    return;
  }
  const left = new Set(matching.map(identity));
  for (const document of actual) {
    if (!left.delete(identity(document)))
      differ('find gave a document that does not match, or twice', page, document);
  }
  if (sort === undefined) return;
  for (const [index, document] of page.entries()) {
    const other = actual[index] as Doc;
    if (compareKeys(sortKey(document, sort), sortKey(other, sort), sort) !== 0)
      differ('find: sort order', page, actual);
  }
}

export async function checkCount(
  subject: Subject,
  operation: Extract<Operation, { kind: 'count' }>,
): Promise<void> {
  const { filter, skip, limit, aggregate } = operation;
  const matching = subject.model.matching(filter).length;
  const expected = Math.min(Math.max(0, matching - skip), limit === 0 ? Infinity : limit);
  const stages = [
    { $match: filter },
    ...(skip === 0 ? [] : [{ $skip: skip }]),
    ...(limit === 0 ? [] : [{ $limit: limit }]),
    { $group: { _id: 1, n: { $sum: 1 } } },
  ];
  const answer = aggregate
    ? await subject.askAll({ aggregate: subject.name, pipeline: stages, cursor: {} })
    : await subject.ask({
        count: subject.name,
        query: filter,
        ...(skip === 0 ? {} : { skip }),
        ...(limit === 0 ? {} : { limit }),
      });
  if (subject.refused(answer)) return;
  if (!answer.ok) unexpected('count', answer);
  const [group] = aggregate ? (answer.reply.get('documents') as Doc[]) : [answer.reply];
  const counted = group?.get('n');
  if ((isNumeric(counted) ? toNumber(counted) : 0) !== expected) differ('count', expected, group);
}

export async function checkDistinct(
  subject: Subject,
  operation: Extract<Operation, { kind: 'distinct' }>,
): Promise<void> {
  const { filter, path } = operation;
  const found = subject.model.matching(filter).flatMap((document) => alongPath(document, path.split('.')));
  const expected = distinctValues(found);
  const answer = await subject.ask({ distinct: subject.name, key: path, query: filter });
  if (subject.refused(answer)) return;
  if (!answer.ok) unexpected('distinct', answer);
  const actual = answer.reply.get('values') as Value[];
  const same = (left: Value[], right: Value[]): boolean =>
    left.every((value) => right.some((other) => compare(value, other) === 0));
  if (actual.length !== expected.length || !same(expected, actual) || !same(actual, expected)) {
    differ('distinct', expected, actual);
  }
}

/** The values `distinct` sees: arrays are opened once, on the way and at the end. */
function alongPath(value: Value, parts: string[]): Value[] {
  const [first, ...rest] = parts;
  if (!isDoc(value) || first === undefined) return [];
  const next = value.get(first);
  if (next === undefined) return [];
  if (rest.length === 0) return Array.isArray(next) ? next : [next];
  return Array.isArray(next) ? next.flatMap((item) => alongPath(item, rest)) : alongPath(next, rest);
}
