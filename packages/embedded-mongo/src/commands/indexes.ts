import { T } from '../bson/types.js';
import { formatDocument } from '../bson/format.js';
import { elementsOf, objectValue, readString } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { parseIndex, type IndexInfo } from '../catalog/index-info.js';
import { recordKey } from '../catalog/records.js';
import type { WriteScope } from '../scope.js';
import { CommandError, ErrorCode } from '../errors.js';
import { prefixEnd } from '../kv/key-writer.js';
import { notFound } from './collections.js';
import { ListSource } from './cursors.js';
import { namespaceOf, type Command } from './request.js';

export const createIndexes: Command = {
  writes: true,
  fields: ['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    const specs = request.list('indexes');
    if (specs.length === 0)
      throw new CommandError(ErrorCode.BadValue, 'Must specify at least one index to create');
    const wanted = specs.map((spec) => parseIndex(spec, 0));
    const existing = scope.collections.get(ns);
    const fresh: IndexInfo[] = [];
    for (const index of wanted) {
      if (!alreadyThere([...(existing?.indexes ?? []), ...fresh], index)) fresh.push(index);
    }
    if ((existing?.indexes.length ?? 1) + fresh.length > 64) {
      throw new CommandError(ErrorCode.CannotCreateIndex, `add index fails, too many indexes for ${ns}`);
    }
    const info = scope.ensureCollection(ns);
    if (fresh.length > 0) build(scope, info, fresh);
    const before = info.indexes.length;
    reply.int('numIndexesBefore', before);
    reply.int('numIndexesAfter', before + fresh.length);
    reply.bool('createdCollectionAutomatically', existing === undefined);
    if (fresh.length === 0) reply.string('note', 'all indexes already exist');
  },
};

/** Is it there already? Throws MongoDB's errors for one that is there in another form. */
function alreadyThere(indexes: readonly IndexInfo[], wanted: IndexInfo): boolean {
  const named = indexes.find((index) => index.name === wanted.name);
  if (named) {
    if (signature(named) === signature(wanted)) return true;
    throw new CommandError(
      ErrorCode.IndexKeySpecsConflict,
      `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${shown(wanted)}, existing index: ${shown(named)}`,
    );
  }
  const same = indexes.find((index) => signature(index) === signature(wanted));
  if (!same) return false;
  if (same.name === '_id_') return true;
  throw new CommandError(
    ErrorCode.IndexOptionsConflict,
    `Index already exists with a different name: ${same.name}`,
  );
}

function signature(index: IndexInfo): string {
  const fields = index.fields.map((field) => `${field.path.text}:${field.descending ? -1 : 1}`);
  const isId = fields.length === 1 && fields[0] === '_id:1';
  const options = isId ? '' : [index.unique, index.sparse, index.partial?.doc.toString('base64')].join();
  return `${fields.join()}|${options}`;
}

function shown(index: IndexInfo): string {
  return formatDocument(objectValue(index.spec));
}

/**
 * Builds indexes over all documents planned so far. Keys are planned like any write; a duplicate or a key that is too
 * long is found on the first pass, before anything is planned.
 */
function build(scope: WriteScope, info: CollectionInfo, fresh: readonly IndexInfo[]): void {
  const idents = fresh.map(() => scope.catalog.allocateIdent());
  const indexes = fresh.map((index, i) => ({ ...index, ident: idents[i]! }));
  const prefix = recordKey(info.ident, 0).subarray(0, 4);
  const builder = scope.records.builder(info, indexes);
  for (const { key, value } of scope.view.range({ start: prefix, end: prefixEnd(prefix) })) {
    builder.add(key.readUIntBE(4, 6), value);
  }
  const multikey = builder.apply();
  const built = indexes.map((index, i) => ({ ...index, multikey: multikey[i]! }));
  scope.catalog.replace({ ...info, indexes: [...info.indexes, ...built] });
}

export const dropIndexes: Command = {
  writes: true,
  fields: ['index'],
  run: ({ engine, request, reply }) => {
    const ns = namespaceOf(request.db, request.string(request.name) ?? '');
    const info = engine.catalog.planned.get(ns);
    if (!info) throw new CommandError(ErrorCode.NamespaceNotFound, `ns not found ${ns}`);
    const victims = chosen(info, request.get('index'));
    reply.int('nIndexesWas', info.indexes.length);
    engine.catalog.replace({ ...info, indexes: info.indexes.filter((index) => !victims.includes(index)) });
    engine.catalog.discard(victims.map((index) => index.ident));
    engine.sweepLater();
  },
};

function chosen(
  info: CollectionInfo,
  wanted: ReturnType<Parameters<Command['run']>[0]['request']['get']>,
): IndexInfo[] {
  if (!wanted)
    throw new CommandError(40414, "BSON field 'dropIndexes.index' is missing but a required field");
  if (wanted.type === T.array) return elementsOf(wanted).flatMap((item) => chosen(info, item));
  const found = info.indexes.filter((index) => {
    if (wanted.type === T.string)
      return readString(wanted) === '*' ? index.name !== '_id_' : index.name === readString(wanted);
    return wanted.type === T.object && index.pattern.equals(wanted.buf.subarray(wanted.start, wanted.end));
  });
  if (found.some((index) => index.name === '_id_')) {
    throw new CommandError(ErrorCode.InvalidOptions, 'cannot drop _id index');
  }
  if (found.length === 0 && !(wanted.type === T.string && readString(wanted) === '*')) {
    const name =
      wanted.type === T.string ? `with name [${readString(wanted)}]` : `with key: ${formatDocument(wanted)}`;
    throw new CommandError(
      ErrorCode.IndexNotFound,
      wanted.type === T.string ? `index not found ${name}` : `can't find index ${name}`,
    );
  }
  return found;
}

export const listIndexes: Command = {
  fields: ['cursor', 'includeBuildUUIDs', 'includeIndexBuildInfo'],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const info = scope.collections.get(ns);
    if (!info) throw notFound(ns);
    const docs = info.indexes.map((index) => index.spec);
    engine.cursors.first(reply, ns, new ListSource(docs), Infinity);
  },
};
