import { compareValues } from '../bson/compare.js';
import { formatDocument } from '../bson/format.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, numberOf, objectValue, readString, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { compareIndexes, parseIndex, type IndexInfo } from '../catalog/index-info.js';
import { checkIndexSpec } from '../catalog/index-spec.js';
import { recordKey } from '../catalog/records.js';
import type { WriteScope } from '../scope.js';
import { badValue, CommandError, ErrorCode, typeMismatch } from '../errors.js';
import { prefixEnd } from '../kv/key-writer.js';
import { cursorBatchSize, notFound } from './collections.js';
import { ListSource } from './cursors.js';
import { namespaceOf, type Command, type Request } from './request.js';

const MAX_INDEXES = 64;

export const createIndexes: Command = {
  writes: true,
  fields: ['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    const specs = request.list('indexes');
    if (specs.length === 0) throw badValue('Must specify at least one index to create');
    checkCommitQuorum(request);
    const ignoreUnknown = request.bool('ignoreUnknownIndexOptions');
    const checked = specs.map((spec) => checkIndexSpec(spec, ignoreUnknown));
    const wanted = checked.map((spec) => parseIndex(objectValue(spec), 0));
    const existing = scope.collections.get(ns);
    const before = existing?.indexes.length ?? 1;
    const fresh: IndexInfo[] = [];
    for (const index of wanted) {
      if (index.name === '_id_') continue;
      if (!alreadyThere([...(existing?.indexes ?? []), ...fresh], index)) fresh.push(index);
    }
    if (before + fresh.length > MAX_INDEXES) {
      throw new CommandError(ErrorCode.CannotCreateIndex, `add index fails, too many indexes for ${ns}`);
    }
    if (existing && fresh.length > 0) scope.assertUntouched(ns);
    const info = scope.ensureCollection(ns);
    if (fresh.length > 0) build(scope, info, fresh);
    reply.int('numIndexesBefore', before);
    reply.int('numIndexesAfter', before + fresh.length);
    if (!existing || fresh.length > 0) reply.bool('createdCollectionAutomatically', !existing);
    if (fresh.length === 0) reply.string('note', 'all indexes already exist');
  },
};

/** One node holds the data: it alone is every quorum but for a greater number. */
function checkCommitQuorum(request: Request): void {
  const quorum = request.get('commitQuorum');
  if (!quorum) return;
  if (quorum.type !== T.string && !isNumber(quorum.type)) {
    throw typeMismatch(`commitQuorum must be a number or a string, not ${typeName(quorum.type)}`);
  }
  const met =
    quorum.type === T.string
      ? ['majority', 'votingMembers'].includes(readString(quorum))
      : [0, 1].includes(numberOf(quorum));
  if (!met) {
    throw new CommandError(
      ErrorCode.UnsatisfiableCommitQuorum,
      'Not enough data-bearing voting nodes to satisfy commit quorum',
    );
  }
}

/** Is it there already? Throws MongoDB's errors for one that is there in another form. */
function alreadyThere(indexes: readonly IndexInfo[], wanted: IndexInfo): boolean {
  const both = (other: IndexInfo) => `Requested index: ${shown(wanted)}, existing index: ${shown(other)}`;
  const conflict = (message: string) => new CommandError(ErrorCode.IndexOptionsConflict, message);
  const named = indexes.find((index) => index.name === wanted.name);
  if (named) {
    const relation = compareIndexes(named, wanted);
    if (relation === 'identical') return true;
    if (relation === 'equivalent') {
      throw conflict(
        `An equivalent index already exists with the same name but different options. ${both(named)}`,
      );
    }
    throw new CommandError(
      ErrorCode.IndexKeySpecsConflict,
      `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. ${both(named)}`,
    );
  }
  for (const index of indexes) {
    const relation = compareIndexes(index, wanted);
    if (relation === 'identical') throw conflict(`Index already exists with a different name: ${index.name}`);
    if (relation === 'equivalent') {
      throw conflict(`An equivalent index already exists with a different name and options. ${both(index)}`);
    }
  }
  return false;
}

/** A specification in the order of MongoDB's messages. */
function shown(index: IndexInfo): string {
  const order = ['v', 'unique', 'hidden', 'key', 'name'];
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const fields = elementsOf(objectValue(index.spec)).sort((a, b) => place(a.name) - place(b.name));
  const doc = buildDocument((writer) => fields.forEach((field) => writer.value(field.name, field)));
  return formatDocument(objectValue(doc));
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
  run: ({ engine, scope, request, reply }) => {
    const ns = namespaceOf(request.db, request.string(request.name) ?? '');
    const info = engine.catalog.planned.get(ns);
    if (!info) throw new CommandError(ErrorCode.NamespaceNotFound, `ns not found ${ns}`);
    const wanted = request.get('index');
    if (!wanted)
      throw new CommandError(40414, "BSON field 'dropIndexes.index' is missing but a required field");
    const all = wanted.type === T.string && readString(wanted) === '*';
    const victims = all ? info.indexes.slice(1) : chosen(info, wanted);
    scope.assertUntouched(ns);
    reply.int('nIndexesWas', info.indexes.length);
    if (all) reply.string('msg', 'non-_id indexes dropped for collection');
    engine.catalog.replace({ ...info, indexes: info.indexes.filter((index) => !victims.includes(index)) });
    engine.catalog.discard(victims.map((index) => index.ident));
    engine.sweepLater();
  },
};

/** The indexes a `dropIndexes` names: by a name, a list of names or a key pattern. */
function chosen(info: CollectionInfo, wanted: Value): IndexInfo[] {
  const names = wanted.type === T.array ? elementsOf(wanted) : [wanted];
  const found = names.map((name) => {
    if (name.type === T.string) return indexNamed(info, readString(name));
    if (name.type === T.object && wanted.type === T.object) return indexOfPattern(info, name);
    throw typeMismatch(
      `BSON field 'dropIndexes.index' is the wrong type '${typeName(name.type)}', expected types '[string, object, array]'`,
    );
  });
  if (found.some((index) => index.name === '_id_'))
    throw new CommandError(ErrorCode.InvalidOptions, 'cannot drop _id index');
  return found;
}

function indexNamed(info: CollectionInfo, name: string): IndexInfo {
  const found = info.indexes.find((index) => index.name === name);
  if (found) return found;
  throw new CommandError(ErrorCode.IndexNotFound, `index not found with name [${name}]`);
}

function indexOfPattern(info: CollectionInfo, pattern: Value): IndexInfo {
  const found = indexesOfPattern(info, pattern);
  if (found.length === 0) {
    throw new CommandError(ErrorCode.IndexNotFound, `can't find index with key: ${formatDocument(pattern)}`);
  }
  if (found.length > 1) {
    throw new CommandError(
      ErrorCode.AmbiguousIndexKeyPattern,
      `${found.length} indexes found for key: ${formatDocument(pattern)}, identify by name instead. Conflicting indexes: ${found.map(shown).join(', ')}`,
    );
  }
  return found[0]!;
}

export function indexesOfPattern(info: CollectionInfo, pattern: Value): IndexInfo[] {
  return info.indexes.filter((index) => compareValues(objectValue(index.pattern), pattern) === 0);
}

export const listIndexes: Command = {
  fields: ['cursor', 'includeBuildUUIDs', 'includeIndexBuildInfo'],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const info = scope.collections.get(ns);
    if (!info) throw notFound(ns);
    const docs = info.indexes.map((index) => index.spec);
    engine.cursors.first(reply, ns, new ListSource(docs), cursorBatchSize(request));
  },
};
