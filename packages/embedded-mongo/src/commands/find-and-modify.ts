import { Variables } from '../aggregate/expression.js';
import { elementsOf, findField, objectValue, type Value } from '../bson/value.js';
import { ID } from '../catalog/records.js';
import { badValue, CommandError, ErrorCode } from '../errors.js';
import { parseFilter, UPSERT_PREDICATE } from '../query/parse-filter.js';
import { parseProjection } from '../query/projection.js';
import { collectRows, type Query } from '../query/query.js';
import type { WriteScope } from '../scope.js';
import { parseSort } from '../query/sort.js';
import { compileUpdate } from '../update/apply-update.js';
import { assertUpdateForm, parseUpdate } from '../update/parse-update.js';
import { upsertDocument } from '../update/upsert.js';
import { EMPTY_DOCUMENT } from './find.js';
import type { Command, CommandContext, Request } from './request.js';
import { replaceRow, storable } from './write.js';
import { readArrayFilters } from './write-statements.js';

type WriteContext = CommandContext<WriteScope>;

interface Outcome {
  readonly value: Buffer | undefined;
  readonly n: number;
  readonly updatedExisting?: boolean;
  readonly upserted?: Value;
}

export const findAndModify: Command = {
  writes: true,
  fields: [
    'query',
    'sort',
    'remove',
    'update',
    'new',
    'fields',
    'upsert',
    'hint',
    'bypassDocumentValidation',
    'arrayFilters',
    'let',
  ],
  refused: ['collation'],
  run: (context) => {
    const { request, reply } = context;
    const variables = Variables.ofCommand(request.object('let'));
    const query = queryOf(request, variables);
    const projection = parseProjection(projectionOf(request), { filter: query.filter, variables });
    const { value, n, updatedExisting, upserted } = request.bool('remove')
      ? removeOne(context, query)
      : updateOne(context, query, variables);
    const last = reply.beginObject('lastErrorObject');
    reply.int('n', n);
    if (updatedExisting !== undefined) reply.bool('updatedExisting', updatedExisting);
    if (upserted) reply.value('upserted', upserted);
    reply.end(last);
    if (value) reply.document('value', projection ? projection(value) : value);
    else reply.null('value');
  },
};

function queryOf(request: Request, variables: Variables): Query {
  return {
    filter: parseFilter(
      request.object('query') ?? objectValue(EMPTY_DOCUMENT),
      variables,
      request.bool('upsert') ? UPSERT_PREDICATE : undefined,
    ),
    sort: parseSort(request.object('sort')),
    hint: request.hint(),
  };
}

/** The positional operator projects what the filter has matched, which the new document need not hold any more. */
function projectionOf(request: Request): Value | undefined {
  const fields = request.object('fields');
  if (fields && request.bool('new') && elementsOf(fields).some(({ name }) => name.endsWith('.$')))
    throw badValue('cannot use a positional projection and return the new document');
  return fields;
}

function removeOne({ scope, request }: WriteContext, query: Query): Outcome {
  if (request.get('update')) {
    throw new CommandError(ErrorCode.FailedToParse, 'Cannot specify both an update and remove=true');
  }
  if (request.bool('upsert')) {
    throw new CommandError(ErrorCode.FailedToParse, 'Cannot specify both upsert=true and remove=true ');
  }
  if (request.bool('new')) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  }
  if (request.get('arrayFilters')) {
    throw new CommandError(ErrorCode.FailedToParse, 'Cannot specify arrayFilters and remove=true');
  }
  const info = scope.collections.get(request.namespace());
  const [row] = info ? collectRows(scope.view, info, query, 1) : [];
  if (!row) return { value: undefined, n: 0 };
  scope.records.remove(info!, row.recordId, row.doc);
  return { value: row.doc, n: 1 };
}

function updateOne({ scope, request }: WriteContext, query: Query, variables: Variables): Outcome {
  const given = request.get('update');
  if (!given) {
    throw new CommandError(ErrorCode.FailedToParse, 'Either an update or remove=true must be specified');
  }
  assertUpdateForm(given);
  const update = parseUpdate(given, {
    arrayFilters: readArrayFilters(request.get('arrayFilters'), request.name),
    variables,
  });
  const ns = request.namespace();
  const wantsNew = request.bool('new');
  const info = scope.collections.get(ns);
  const [row] = info ? collectRows(scope.view, info, query, 1) : [];
  if (row) {
    const after = replaceRow(scope, ns, row, compileUpdate(update, query.filter)) ?? row.doc;
    return { value: wantsNew ? after : row.doc, n: 1, updatedExisting: true };
  }
  if (!request.bool('upsert')) return { value: undefined, n: 0, updatedExisting: false };
  const doc = storable(objectValue(upsertDocument(update, query.filter)));
  scope.records.insert(scope.ensureCollection(ns), doc);
  return {
    value: wantsNew ? doc : undefined,
    n: 1,
    updatedExisting: false,
    upserted: findField(doc, 0, ID)!,
  };
}
