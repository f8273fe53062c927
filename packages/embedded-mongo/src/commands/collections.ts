import { compileFilter, type Matcher } from '../query/matcher.js';
import { parseFilter } from '../query/parse-filter.js';
import { buildDocument } from '../bson/writer.js';
import { elementsOf, findByName, isTruthy, numberOf, objectValue } from '../bson/value.js';
import type { CollectionInfo, Collections } from '../catalog/catalog.js';
import { checkIndexSpec } from '../catalog/index-spec.js';
import { collectionSizes, indexBytes } from '../catalog/sizes.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../errors.js';
import type { Engine } from '../engine.js';
import { ListSource } from './cursors.js';
import { EMPTY_DOCUMENT } from './find.js';
import { namespaceOf, type Command, type Request } from './request.js';

/** The collections of one database, by name. */
export function collectionsOf(collections: Collections, db: string): CollectionInfo[] {
  const found = [...collections.values()].filter((info) => info.ns.startsWith(`${db}.`));
  return found.sort((a, b) => (a.ns < b.ns ? -1 : 1));
}

export function notFound(ns: string): CommandError {
  return new CommandError(ErrorCode.NamespaceNotFound, `ns does not exist: ${ns}`);
}

export const create: Command = {
  writes: true,
  refused: [
    'capped',
    'size',
    'max',
    'validator',
    'validationLevel',
    'validationAction',
    'viewOn',
    'pipeline',
    'collation',
    'timeseries',
    'expireAfterSeconds',
    'clusteredIndex',
    'storageEngine',
    'changeStreamPreAndPostImages',
    'encryptedFields',
    'indexOptionDefaults',
    'temp',
    'flags',
  ],
  fields: ['autoIndexId', 'idIndex'],
  run: ({ scope, request }) => {
    const ns = request.namespace();
    const autoIndexId = request.get('autoIndexId');
    if (autoIndexId && !isTruthy(autoIndexId)) throw unsupported('a collection without an _id index');
    const idIndex = request.object('idIndex');
    if (idIndex && !isIdIndex(checkIndexSpec(idIndex, false)))
      throw badValue("The field 'key' for an _id index must be {_id: 1}");
    // Within a transaction MongoDB does not look whether the options are the same.
    if (request.get('autocommit') && scope.collections.get(ns))
      throw new CommandError(ErrorCode.NamespaceExists, `Collection ${ns} already exists.`);
    scope.ensureCollection(ns);
  },
};

function isIdIndex(spec: Buffer): boolean {
  const [field, ...more] = elementsOf(findByName(objectValue(spec), 'key')!);
  return field!.name === '_id' && more.length === 0 && numberOf(field!) === 1;
}

export const drop: Command = {
  writes: true,
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const info = engine.catalog.planned.get(ns);
    if (!info) return;
    scope.assertUntouched(ns);
    engine.catalog.drop(info);
    reply.int('nIndexesWas', info.indexes.length);
    reply.string('ns', ns);
    engine.sweepLater();
  },
};

export const dropDatabase: Command = {
  writes: true,
  run: ({ engine, scope, request, reply }) => {
    const illegal = (message: string) => new CommandError(ErrorCode.IllegalOperation, message);
    if (request.integer('dropDatabase') !== 1) throw illegal('have to pass 1 as db parameter');
    if (request.db === 'admin') throw illegal("Dropping the 'admin' database is prohibited.");
    if (request.db === 'local') throw illegal("Cannot drop 'local' database while replication is active");
    const found = collectionsOf(engine.catalog.planned, request.db);
    for (const info of found) scope.assertUntouched(info.ns);
    for (const info of found) engine.catalog.drop(info);
    if (found.length > 0) reply.string('dropped', request.db);
    engine.sweepLater();
  },
};

export const renameCollection: Command = {
  writes: true,
  adminOnly: true,
  fields: ['to', 'dropTarget'],
  refused: ['stayTemp'],
  run: ({ engine, scope, request }) => {
    const source = fullNamespace(request, 'renameCollection');
    const target = fullNamespace(request, 'to');
    if (source === target)
      throw new CommandError(ErrorCode.IllegalOperation, "Can't rename a collection to itself");
    const info = engine.catalog.planned.get(source);
    if (!info) {
      throw new CommandError(ErrorCode.NamespaceNotFound, `Source collection ${source} does not exist`);
    }
    const inTheWay = engine.catalog.planned.get(target);
    if (inTheWay && !request.bool('dropTarget'))
      throw new CommandError(ErrorCode.NamespaceExists, 'target namespace exists');
    scope.assertUntouched(source);
    scope.assertUntouched(target);
    if (inTheWay) engine.catalog.drop(inTheWay);
    engine.catalog.rename(info, target);
    engine.sweepLater();
  },
};

/** A field that names database and collection. */
export function fullNamespace(request: Request, field: string): string {
  const given = request.string(field);
  if (given === undefined) throw request.missing(field);
  const dot = given.indexOf('.');
  if (dot < 1) throw new CommandError(ErrorCode.InvalidNamespace, `Invalid namespace specified '${given}'`);
  return namespaceOf(given.slice(0, dot), given.slice(dot + 1));
}

/** The `batchSize` of the field `cursor`; all in the first batch by default. */
export function cursorBatchSize(request: Request): number {
  const cursor = request.object('cursor');
  return (cursor && request.within('cursor', cursor, ['batchSize']).integer('batchSize')) ?? Infinity;
}

function listFilter(request: Request): Matcher {
  return compileFilter(parseFilter(request.object('filter') ?? objectValue(EMPTY_DOCUMENT)));
}

export const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run: ({ engine, request, reply }) => {
    const nameOnly = request.bool('nameOnly');
    request.bool('authorizedCollections');
    const matches = listFilter(request);
    const docs = collectionsOf(engine.catalog.committed, request.db)
      .map((info) => describe(info, request.db, nameOnly))
      .filter((doc) => matches(doc, 0));
    const ns = `${request.db}.$cmd.listCollections`;
    engine.cursors.first(reply, ns, new ListSource(docs), cursorBatchSize(request));
  },
};

function describe(info: CollectionInfo, db: string, nameOnly: boolean): Buffer {
  return buildDocument((writer) => {
    writer.string('name', info.ns.slice(db.length + 1));
    writer.string('type', 'collection');
    if (nameOnly) return;
    writer.end(writer.beginObject('options'));
    const details = writer.beginObject('info');
    writer.bool('readOnly', false);
    writer.uuid('uuid', info.uuid);
    writer.end(details);
    writer.document('idIndex', info.indexes[0]!.spec);
  });
}

export const listDatabases: Command = {
  adminOnly: true,
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run: ({ engine, request, reply }) => {
    const nameOnly = request.bool('nameOnly');
    request.bool('authorizedDatabases');
    const matches = listFilter(request);
    const names = [...engine.catalog.committed.keys()].map((ns) => ns.slice(0, ns.indexOf('.')));
    let total = 0;
    const list = reply.beginArray('databases');
    let at = 0;
    for (const name of [...new Set(names)].sort()) {
      const size = nameOnly ? 0 : databaseBytes(engine, name);
      const doc = buildDocument((writer) => {
        writer.string('name', name);
        if (nameOnly) return;
        writer.long('sizeOnDisk', BigInt(size));
        writer.bool('empty', false);
      });
      if (!matches(doc, 0)) continue;
      total += size;
      reply.document(String(at++), doc);
    }
    reply.end(list);
    if (nameOnly) return;
    reply.long('totalSize', BigInt(total));
    reply.long('totalSizeMb', BigInt(Math.floor(total / 2 ** 20)));
  },
};

function databaseBytes({ catalog, reads }: Engine, db: string): number {
  return collectionsOf(catalog.committed, db).reduce((sum, info) => {
    const sizes = collectionSizes(reads.view, info);
    return sum + sizes.records.bytes + indexBytes(sizes);
  }, 0);
}
