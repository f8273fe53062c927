import { Variables } from '../aggregate/expression.js';
import { newObjectId } from '../bson/make.js';
import { T, typeName } from '../bson/types.js';
import { elements, endOf, findField, int32, nameEnd, objectValue, type Value } from '../bson/value.js';
import { MAX_DEPTH, MAX_DOCUMENT } from '../bson/validate.js';
import { ID } from '../catalog/records.js';
import type { WriteScope } from '../scope.js';
import { CommandError, ErrorCode } from '../errors.js';
import { parseFilter, UPSERT_PREDICATE } from '../query/parse-filter.js';
import { collectRows, type Query } from '../query/query.js';
import type { Row } from '../query/scan.js';
import { compileUpdate, withIdFirst, type Updater } from '../update/apply-update.js';
import { parseUpdate } from '../update/parse-update.js';
import { fillTimestamps } from '../update/timestamps.js';
import { upsertDocument } from '../update/upsert.js';
import type { Command, Request } from './request.js';
import { runStatements, writeWriteErrors } from './write-errors.js';
import { readDeleteStatement, readUpdateStatement, type UpdateStatement } from './write-statements.js';

/** MongoDB's bound on the statements of one command. */
const MAX_STATEMENTS = 100_000;

function statementsOf(request: Request, name: string): readonly Value[] {
  const list = request.list(name);
  if (list.length === 0 || list.length > MAX_STATEMENTS) {
    throw new CommandError(
      ErrorCode.InvalidLength,
      `Write batch sizes must be between 1 and ${MAX_STATEMENTS}. Got ${list.length} operations.`,
    );
  }
  return list;
}

function isOrdered(request: Request): boolean {
  return request.get('ordered') === undefined || request.bool('ordered');
}

/** The bytes to store: a copy of its own, `_id` first, of a type MongoDB allows there, within the limits. */
export function storable(doc: Value): Buffer {
  const bytes = doc.buf.subarray(doc.start, doc.end);
  if (bytes.length > MAX_DOCUMENT) {
    throw new CommandError(
      ErrorCode.BSONObjectTooLarge,
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT}`,
    );
  }
  const id = assertStorable(bytes);
  return withIdFirst(bytes, id ?? newObjectId());
}

/** Checks depth and `_id`, which it returns. */
function assertStorable(bytes: Buffer): Value | undefined {
  assertDepth(bytes);
  const id = findField(bytes, 0, ID);
  if (id && (id.type === T.array || id.type === T.regex)) {
    throw new CommandError(
      ErrorCode.InvalidIdField,
      `The '_id' value cannot be of type ${typeName(id.type)}`,
    );
  }
  if (id && id.type === T.object) {
    for (const field of elements(id.buf, id.start)) {
      if (field.name.startsWith('$')) {
        throw new CommandError(
          ErrorCode.DollarPrefixedFieldName,
          `_id fields may not contain '$'-prefixed fields: ${field.name} is not valid for storage.`,
        );
      }
    }
  }
  return id;
}

function assertDepth(doc: Buffer, start = 0, depth = 1): void {
  if (depth > MAX_DEPTH)
    throw new CommandError(ErrorCode.Overflow, `Exceeded maximum nested object depth: ${MAX_DEPTH}`);
  const end = start + int32(doc, start) - 1;
  for (let at = start + 4; at < end;) {
    const type = doc[at]!;
    const value = nameEnd(doc, at + 1) + 1;
    if (type === T.object || type === T.array) assertDepth(doc, value, depth + 1);
    at = endOf(doc, type, value);
  }
}

export const insert: Command = {
  writes: true,
  fields: ['documents', 'ordered', 'bypassDocumentValidation'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    const docs = statementsOf(request, 'documents');
    scope.ensureCollection(ns);
    let n = 0;
    const errors = runStatements(docs, isOrdered(request), (doc) => {
      scope.records.insert(scope.ensureCollection(ns), storable(fillTimestamps(doc)));
      n++;
    });
    reply.int('n', n);
    writeWriteErrors(reply, errors);
  },
};

interface Matched {
  readonly n: number;
  readonly modified: number;
  /** The `_id` of a document that was inserted. */
  readonly upserted?: Value;
}

function runUpdate(scope: WriteScope, ns: string, statement: UpdateStatement, variables: Variables): Matched {
  const { multi, upsert } = statement;
  const update = parseUpdate(statement.u, { ...statement, variables });
  if (multi && update.kind === 'replacement') {
    throw new CommandError(
      ErrorCode.FailedToParse,
      'multi update is not supported for replacement-style update',
    );
  }
  const place = statement.upsert ? UPSERT_PREDICATE : undefined;
  const filter = parseFilter(statement.q, variables, place);
  const query: Query = { filter, sort: [], hint: statement.hint };
  const info = scope.collections.get(ns);
  const rows = info ? collectRows(scope.view, info, query, multi ? 0 : 1) : [];
  if (rows.length === 0 && upsert) {
    const doc = storable(objectValue(upsertDocument(update, query.filter)));
    scope.records.insert(scope.ensureCollection(ns), doc);
    return { n: 1, modified: 0, upserted: findField(doc, 0, ID)! };
  }
  const updater = compileUpdate(update, query.filter);
  let modified = 0;
  for (const row of rows) if (replaceRow(scope, ns, row, updater)) modified++;
  return { n: rows.length, modified };
}

/** Applies an update to one stored document. Returns the new bytes, or undefined if nothing was modified. */
export function replaceRow(scope: WriteScope, ns: string, row: Row, updater: Updater): Buffer | undefined {
  const after = updater(row.doc);
  if (!after) return undefined;
  assertStorable(after);
  scope.records.update(scope.collections.get(ns)!, row.recordId, row.doc, after);
  return after;
}

export const update: Command = {
  writes: true,
  fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    let n = 0;
    let modified = 0;
    const upserted: { index: number; id: Value }[] = [];
    const variables = Variables.ofCommand(request.object('let'));
    const statements = statementsOf(request, 'updates').map(readUpdateStatement);
    const errors = runStatements(statements, isOrdered(request), (statement, index) => {
      const result = runUpdate(scope, ns, statement, variables);
      n += result.n;
      modified += result.modified;
      if (result.upserted) upserted.push({ index, id: result.upserted });
    });
    reply.int('n', n);
    if (upserted.length > 0) {
      const list = reply.beginArray('upserted');
      upserted.forEach(({ index, id }, i) => {
        const entry = reply.beginObject(String(i));
        reply.int('index', index);
        reply.value('_id', id);
        reply.end(entry);
      });
      reply.end(list);
    }
    reply.int('nModified', modified);
    writeWriteErrors(reply, errors);
  },
};

export const remove: Command = {
  writes: true,
  fields: ['deletes', 'ordered', 'let'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    const variables = Variables.ofCommand(request.object('let'));
    let n = 0;
    const statements = statementsOf(request, 'deletes').map(readDeleteStatement);
    const errors = runStatements(statements, isOrdered(request), ({ q, limit, hint }) => {
      const query: Query = { filter: parseFilter(q, variables), sort: [], hint };
      const info = scope.collections.get(ns);
      if (!info) return;
      for (const { recordId, doc } of collectRows(scope.view, info, query, limit)) {
        scope.records.remove(info, recordId, doc);
        n++;
      }
    });
    reply.int('n', n);
    writeWriteErrors(reply, errors);
  },
};
