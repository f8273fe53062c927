import { Variables } from '../aggregate/expression.js';
import { objectValue, readLong } from '../bson/value.js';
import { T } from '../bson/types.js';
import { MAX_DOCUMENT } from '../bson/validate.js';
import { elementsOf } from '../bson/value.js';
import type { ReadScope } from '../scope.js';
import { badValue, CommandError, typeMismatch } from '../errors.js';
import { parseFilter } from '../query/parse-filter.js';
import { parseProjection } from '../query/projection.js';
import { planDistinct } from '../query/distinct.js';
import { countMatches } from '../query/query.js';
import { FindSource, type FindOptions } from '../query/find-source.js';
import { parseSort } from '../query/sort.js';
import { FIRST_BATCH, ListSource } from './cursors.js';
import { namespaceOf, type Command, type Request } from './request.js';

export const EMPTY_DOCUMENT = Buffer.from([5, 0, 0, 0, 0]);

/** The query parts of a `find`. */
export function findOptions(request: Request): FindOptions & { batchSize: number; single: boolean } {
  const limit = request.integer('limit', Number.MIN_SAFE_INTEGER) ?? 0;
  if (limit < 0) throw badValue('the limit value must be non-negative');
  const skip = request.integer('skip') ?? 0;
  const given = request.object('let');
  const variables = given && Variables.ofCommand(given);
  const filter = parseFilter(request.object('filter') ?? objectValue(EMPTY_DOCUMENT), variables);
  return {
    filter,
    sort: parseSort(request.object('sort')),
    hint: request.hint(),
    projection: parseProjection(request.object('projection'), { filter, variables }),
    skip,
    limit,
    batchSize: request.integer('batchSize') ?? FIRST_BATCH,
    single: request.bool('singleBatch'),
  };
}

export const find: Command = {
  fields: [
    'filter',
    'sort',
    'projection',
    'let',
    'hint',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'noCursorTimeout',
    'allowDiskUse',
    'awaitData',
    'allowPartialResults',
    'oplogReplay',
  ],
  refused: ['collation', 'min', 'max', 'returnKey', 'showRecordId', 'tailable'],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const options = findOptions(request);
    const info = scope.collections.get(ns);
    const source = info ? new FindSource(scope, info, options) : new ListSource([]);
    engine.cursors.first(reply, ns, source, options.batchSize, options.single);
  },
};

export const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: ({ engine, request, reply }) => {
    const id = request.get('getMore');
    if (id?.type !== T.long)
      throw typeMismatch("BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
    const ns = namespaceOf(request.db, request.string('collection') ?? '');
    engine.cursors.next(reply, ns, readLong(id), request.integer('batchSize') || Infinity);
  },
};

export const killCursors: Command = {
  fields: ['cursors'],
  run: ({ engine, request, reply }) => {
    const list = request.get('cursors');
    const ids = list?.type === T.array ? elementsOf(list) : [];
    const results = ids.map((id) => ({ id: id.type === T.long ? readLong(id) : 0n, killed: false }));
    for (const result of results) result.killed = engine.cursors.kill(result.id);
    const write = (name: string, wanted: boolean | undefined) => {
      const mark = reply.beginArray(name);
      results
        .filter((result) => result.killed === wanted)
        .forEach((result, i) => reply.long(String(i), result.id));
      reply.end(mark);
    };
    write('cursorsKilled', true);
    write('cursorsNotFound', false);
    write('cursorsAlive', undefined);
    write('cursorsUnknown', undefined);
  },
};

/** Documents of a count, with skip and limit applied. */
export function countOf(scope: ReadScope, request: Request): number {
  const query = request.object('query');
  const limit = Math.abs(request.integer('limit', Number.MIN_SAFE_INTEGER) ?? 0);
  const skip = request.integer('skip') ?? 0;
  const info = scope.collections.get(request.namespace());
  const filter = parseFilter(query ?? objectValue(EMPTY_DOCUMENT));
  if (!info) return 0;
  const all = countMatches(scope.view, info, { filter, sort: [], hint: request.hint() });
  const rest = Math.max(0, all - skip);
  return limit > 0 ? Math.min(limit, rest) : rest;
}

export const count: Command = {
  fields: ['query', 'limit', 'skip', 'hint', 'fields'],
  refused: ['collation'],
  run: ({ scope, request, reply }) => reply.count('n', countOf(scope, request)),
};

export const distinct: Command = {
  fields: ['key', 'query', 'hint'],
  refused: ['collation'],
  run: ({ scope, request, reply }) => {
    const key = request.string('key');
    if (key === undefined)
      throw new CommandError(40414, "BSON field 'distinct.key' is missing but a required field");
    const filter = parseFilter(request.object('query') ?? objectValue(EMPTY_DOCUMENT));
    const info = scope.collections.get(request.namespace());
    const query = { filter, sort: [], hint: request.hint() };
    const values = info ? planDistinct(info, query, key).values(scope.view).list() : [];
    const bytes = values.reduce((sum, { start, end }) => sum + end - start, 0);
    if (bytes > MAX_DOCUMENT) throw new CommandError(17217, 'distinct too big, 16mb cap');
    const mark = reply.beginArray('values');
    values.forEach((value, i) => reply.value(String(i), value));
    reply.end(mark);
  },
};
