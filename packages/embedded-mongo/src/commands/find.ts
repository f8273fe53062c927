import { Variables } from '../aggregate/expression.js';
import { NULL, objectValue, readLong } from '../bson/value.js';
import { T } from '../bson/types.js';
import { MAX_DOCUMENT } from '../bson/validate.js';
import { elementsOf } from '../bson/value.js';
import type { ReadScope } from '../scope.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../errors.js';
import { parseFilter } from '../query/parse-filter.js';
import { parseProjection } from '../query/projection.js';
import { planDistinct } from '../query/distinct.js';
import { countMatches } from '../query/query.js';
import { FindSource, type FindOptions } from '../query/find-source.js';
import { naturalOrder, parseSort } from '../query/sort.js';
import { FIRST_BATCH, ListSource } from './cursors.js';
import { maxTimeOf } from './generic-arguments.js';
import type { Command, Request } from './request.js';

export const EMPTY_DOCUMENT = Buffer.from([5, 0, 0, 0, 0]);

/** The query parts of a `find`. */
export function findOptions(request: Request): FindOptions & { batchSize: number; single: boolean } {
  const limit = request.integer('limit') ?? 0;
  const skip = request.integer('skip') ?? 0;
  const given = request.object('let');
  const variables = given && Variables.ofCommand(given);
  const filter = parseFilter(request.object('filter') ?? objectValue(EMPTY_DOCUMENT), variables);
  const min = request.object('min');
  const max = request.object('max');
  return {
    filter,
    ...orderOf(request),
    between: min || max ? { min, max } : undefined,
    returnKey: request.bool('returnKey'),
    showRecordId: request.bool('showRecordId'),
    projection: parseProjection(request.object('projection'), { filter, variables }),
    skip,
    limit,
    batchSize: request.integer('batchSize') ?? FIRST_BATCH,
    single: request.bool('singleBatch'),
  };
}

/** A sort by `$natural` is a hint. */
function orderOf(request: Request): Pick<FindOptions, 'sort' | 'hint'> {
  const natural = naturalOrder(request.object('sort'));
  if (natural === undefined) return { sort: parseSort(request.object('sort')), hint: request.hint() };
  if (request.hint()) throw unsupported('a hint beside a sort by $natural');
  return { sort: [], hint: { natural } };
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
    'tailable',
    'allowPartialResults',
    'oplogReplay',
    'min',
    'max',
    'returnKey',
    'showRecordId',
  ],
  refused: ['collation'],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const options = findOptions(request);
    assertNotTailable(request, ns);
    const info = scope.collections.get(ns);
    const source = info ? new FindSource(scope, info, options) : new ListSource([]);
    const { batchSize, single } = options;
    const expires = !request.bool('noCursorTimeout');
    engine.cursors.first(reply, ns, source, batchSize, { single, expires });
  },
};

/** Only a capped collection has an end that a cursor can wait at, and there is none here. */
function assertNotTailable(request: Request, ns: string): void {
  const tailable = request.bool('tailable');
  if (request.bool('awaitData') && !tailable) {
    throw new CommandError(ErrorCode.FailedToParse, "Cannot set 'awaitData' without also setting 'tailable'");
  }
  if (tailable)
    throw badValue(`error processing query: ns=${ns} tailable cursor requested on non capped collection`);
}

export const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: ({ engine, request, reply }) => {
    const id = request.get('getMore');
    if (id?.type !== T.long) throw request.wrongType('getMore', id ?? NULL, 'long');
    const collection = request.string('collection');
    if (collection === undefined) throw request.missing('collection');
    if (collection === '')
      throw new CommandError(ErrorCode.InvalidNamespace, 'Collection names cannot be empty');
    if (maxTimeOf(request) !== undefined)
      throw badValue('cannot set maxTimeMS on getMore command for a non-awaitData cursor');
    // As the cursor's first reply named it: also `$cmd.listCollections`, which is no collection.
    const ns = `${request.db}.${collection}`;
    engine.cursors.next(reply, ns, readLong(id), request.integer('batchSize') || Infinity);
  },
};

export const killCursors: Command = {
  fields: ['cursors'],
  run: ({ engine, request, reply }) => {
    if (request.string('killCursors') === undefined) throw request.missing('killCursors');
    const results = cursorIds(request).map((id) => ({ id, killed: engine.cursors.kill(id) }));
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

function cursorIds(request: Request): bigint[] {
  const list = request.get('cursors');
  if (!list) throw request.missing('cursors');
  if (list.type !== T.array) throw request.wrongType('cursors', list, 'array');
  return elementsOf(list).map((id) => {
    if (id.type !== T.long) throw request.wrongType(`cursors.${id.name}`, id, 'long');
    return readLong(id);
  });
}

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
