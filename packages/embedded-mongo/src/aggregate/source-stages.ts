import { hostname } from 'node:os';
import { T } from '../bson/types.js';
import { elementsOf, objectValue } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { recordKey } from '../catalog/records.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { prefixEnd } from '../kv/key-writer.js';
import type { ReadScope } from '../scope.js';
import { documentBytes } from './build.js';
import type { SourceParser } from './stage.js';

const startedAt = Date.now();

/** `$documents`: the documents that an expression gives. */
export const documents: SourceParser = (stage, { variables }) => {
  const list = variables.parse(stage)(objectValue(Buffer.from([5, 0, 0, 0, 0])));
  const items = list.type === T.array ? elementsOf(list) : [];
  if (list.type !== T.array || items.some((item) => item.type !== T.object))
    throw new CommandError(5858203, 'an array of documents is expected');
  return items.map(documentBytes);
};

/** `$indexStats`: the indexes. How often each was used is not counted. */
export const indexStats: SourceParser = (stage, _context, _ns, info) => {
  if (stage.type !== T.object || elementsOf(stage).length > 0)
    throw new CommandError(28803, 'The $indexStats stage specification must be an empty object');
  return (info?.indexes ?? []).map((index) =>
    buildDocument((writer) => {
      writer.string('name', index.name);
      writer.document('key', index.pattern);
      writer.string('host', hostname());
      const accesses = writer.beginObject('accesses');
      writer.long('ops', 0n);
      writer.date('since', startedAt);
      writer.end(accesses);
      writer.document('spec', index.spec);
    }),
  );
};

function countRecords(scope: ReadScope, info: CollectionInfo): number {
  const prefix = recordKey(info.ident, 0).subarray(0, 4);
  return scope.view.count(prefix, prefixEnd(prefix));
}

/** `$collStats`: what is known of the collection. */
export const collStats: SourceParser = (stage, { scope }, ns, info) => {
  if (stage.type !== T.object)
    throw new CommandError(5447000, '$collStats must take a nested object but found: a value');
  const wanted = elementsOf(stage);
  for (const { name } of wanted) {
    if (name === 'latencyStats' || name === 'queryExecStats' || name === 'storageStats')
      throw unsupported(`${name} of $collStats`);
    if (name !== 'count')
      throw new CommandError(40415, `BSON field '$collStats.${name}' is an unknown field.`);
  }
  if (!info)
    throw new CommandError(
      ErrorCode.NamespaceNotFound,
      `Unable to retrieve count in $collStats stage :: caused by :: Collection [${ns}] not found.`,
    );
  return [
    buildDocument((writer) => {
      writer.string('ns', ns);
      writer.string('host', hostname());
      writer.date('localTime', Date.now());
      if (wanted.length > 0) writer.count('count', countRecords(scope, info));
    }),
  ];
};
