import { hostname } from 'node:os';
import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, findByName, numberOf, objectValue, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { recordKey } from '../catalog/records.js';
import { EMPTY_DOCUMENT } from '../commands/find.js';
import { writeStorageStats } from '../commands/stats.js';
import { CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { prefixEnd } from '../kv/key-writer.js';
import { documentBytes } from './build.js';
import type { SourceParser } from './stage.js';

const startedAt = Date.now();

/** `$documents`: the documents that an expression gives. */
export const documents: SourceParser = (stage, { variables }) => {
  const list = variables.parse(stage)(objectValue(EMPTY_DOCUMENT));
  const items = list.type === T.array ? elementsOf(list) : [];
  if (list.type !== T.array)
    throw new CommandError(5858203, `an array is expected, found ${typeName(list.type)}`);
  if (items.some((item) => item.type !== T.object))
    throw new CommandError(40228, '$documents needs an array of objects');
  return items.map(documentBytes);
};

/** `$currentOp`: commands run one after the other, so whoever asks meets no other one under way. */
export const currentOp: SourceParser = (stage) => {
  if (stage.type === T.object) return [];
  throw new CommandError(
    ErrorCode.FailedToParse,
    `$currentOp options must be specified in an object, but found: ${typeName(stage.type)}`,
  );
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

/** `$collStats`: the number of documents and the sizes of a collection. */
export const collStats: SourceParser = (stage, { scope }, ns, info) => {
  if (stage.type !== T.object)
    throw new CommandError(
      5447000,
      `$collStats must take a nested object but found: ${typeName(stage.type)}`,
    );
  for (const { name, type } of elementsOf(stage)) {
    if (name === 'latencyStats' || name === 'queryExecStats') throw unsupported(`${name} of $collStats`);
    if (name !== 'count' && name !== 'storageStats')
      throw new CommandError(40415, `BSON field '$collStats.${name}' is an unknown field.`);
    if (type !== T.object) {
      throw typeMismatch(
        `BSON field '$collStats.${name}' is the wrong type '${typeName(type)}', expected type 'object'`,
      );
    }
  }
  const storage = findByName(stage, 'storageStats');
  const counted = findByName(stage, 'count');
  const scale = storage ? scaleOf(storage) : 1;
  if (counted && !info) {
    const message = `Unable to retrieve count in $collStats stage :: caused by :: Collection [${ns}] not found.`;
    throw new CommandError(ErrorCode.NamespaceNotFound, message);
  }
  return [
    buildDocument((writer) => {
      writer.string('ns', ns);
      writer.string('host', hostname());
      writer.date('localTime', Date.now());
      if (storage) {
        const mark = writer.beginObject('storageStats');
        writeStorageStats(writer, scope.view, info, scale);
        writer.end(mark);
      }
      if (counted && info) {
        const prefix = recordKey(info.ident, 0).subarray(0, 4);
        writer.count('count', scope.view.count(prefix, prefixEnd(prefix)));
      }
    }),
  ];
};

function scaleOf(storage: Value): number {
  for (const field of elementsOf(storage)) {
    if (field.name !== 'scale')
      throw new CommandError(
        40415,
        `BSON field '$collStats.storageStats.${field.name}' is an unknown field.`,
      );
    const scale = isNumber(field.type) ? Math.trunc(numberOf(field)) : NaN;
    if (scale >= 1) return scale;
    throw new CommandError(51024, `BSON field 'scale' value must be >= 1, actual value '${scale}'`);
  }
  return 1;
}
