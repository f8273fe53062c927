import { compileFilter } from '../query/matcher.js';
import { parseFilter } from '../query/parse-filter.js';
import { buildDocument } from '../bson/writer.js';
import { objectValue } from '../bson/value.js';
import type { CollectionInfo, Collections } from '../catalog/catalog.js';
import { CommandError, ErrorCode } from '../errors.js';
import { ListSource } from './cursors.js';
import { EMPTY_DOCUMENT } from './find.js';
import { namespaceOf, type Command } from './request.js';

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
  ],
  fields: ['autoIndexId', 'idIndex', 'indexOptionDefaults'],
  run: ({ scope, request }) => {
    const ns = request.namespace();
    if (scope.collections.get(ns)) {
      throw new CommandError(ErrorCode.NamespaceExists, `Collection ${ns} already exists.`);
    }
    scope.catalog.create(ns);
  },
};

export const drop: Command = {
  writes: true,
  run: ({ engine, request, reply }) => {
    const ns = request.namespace();
    const info = engine.catalog.planned.get(ns);
    if (!info) throw new CommandError(ErrorCode.NamespaceNotFound, 'ns not found');
    engine.catalog.drop(info);
    reply.int('nIndexesWas', info.indexes.length);
    reply.string('ns', ns);
    engine.sweepLater();
  },
};

export const dropDatabase: Command = {
  writes: true,
  run: ({ engine, request, reply }) => {
    const found = collectionsOf(engine.catalog.planned, request.db);
    for (const info of found) engine.catalog.drop(info);
    if (found.length > 0) reply.string('dropped', request.db);
    engine.sweepLater();
  },
};

export const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run: ({ engine, request, reply }) => {
    const nameOnly = request.bool('nameOnly');
    const matches = compileFilter(parseFilter(request.object('filter') ?? objectValue(EMPTY_DOCUMENT)));
    const docs = collectionsOf(engine.catalog.committed, request.db)
      .map((info) => describe(info, request.db, nameOnly))
      .filter((doc) => matches(doc, 0));
    engine.cursors.first(reply, `${request.db}.$cmd.listCollections`, new ListSource(docs), Infinity);
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
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run: ({ engine, request, reply }) => {
    const nameOnly = request.bool('nameOnly');
    const matches = compileFilter(parseFilter(request.object('filter') ?? objectValue(EMPTY_DOCUMENT)));
    const names = [...engine.catalog.committed.keys()].map((ns) => ns.slice(0, ns.indexOf('.')));
    const docs = [...new Set(names)]
      .sort()
      .map((name) =>
        buildDocument((writer) => {
          writer.string('name', name);
          if (nameOnly) return;
          writer.count('sizeOnDisk', 0);
          writer.bool('empty', false);
        }),
      )
      .filter((doc) => matches(doc, 0));
    const list = reply.beginArray('databases');
    docs.forEach((doc, i) => reply.document(String(i), doc));
    reply.end(list);
    if (!nameOnly) reply.count('totalSize', 0);
  },
};

/** The number of documents, from the keys alone. */
export const collStats: Command = {
  fields: ['scale'],
  run: ({ engine, request, reply }) => {
    const ns = namespaceOf(request.db, request.string('collStats') ?? request.string('collstats') ?? '');
    const info = engine.catalog.committed.get(ns);
    reply.string('ns', ns);
    reply.count('count', info ? engine.countRecords(info) : 0);
    reply.count('nindexes', info?.indexes.length ?? 0);
    reply.bool('capped', false);
  },
};
