import { formatDocument } from '../bson/format.js';
import { T } from '../bson/types.js';
import {
  elementsOf,
  findByName,
  isTruthy,
  numberOf,
  objectValue,
  readString,
  type Value,
} from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { parseIndex, type IndexInfo } from '../catalog/index-info.js';
import { expiryProblem, STORED_OPTIONS } from '../catalog/index-spec.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { indexesOfPattern } from './indexes.js';
import type { Command } from './request.js';

const invalid = (message: string) => new CommandError(ErrorCode.InvalidOptions, message);

/** `collMod`: the visibility and the expiry of an index. */
export const collMod: Command = {
  writes: true,
  fields: ['index'],
  refused: [
    'validator',
    'validationLevel',
    'validationAction',
    'viewOn',
    'pipeline',
    'changeStreamPreAndPostImages',
    'clusteredIndex',
    'expireAfterSeconds',
    'timeseries',
    'cappedSize',
    'cappedMax',
    'dryRun',
  ],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const info = engine.catalog.planned.get(ns);
    if (!info) throw new CommandError(ErrorCode.NamespaceNotFound, 'ns does not exist');
    const change = request.object('index');
    if (!change) return;
    const index = target(info, change);
    const hidden = wantedVisibility(index, change);
    const expiry = wantedExpiry(index, change);
    if (hidden === undefined && expiry === undefined) return;
    scope.assertUntouched(ns);
    if (expiry !== undefined) {
      const before = index.expireAfterSeconds;
      if (before !== undefined) reply.long('expireAfterSeconds_old', BigInt(before));
      if (before !== expiry) reply.long('expireAfterSeconds_new', BigInt(expiry));
    }
    if (hidden !== undefined) {
      reply.bool('hidden_old', index.hidden);
      reply.bool('hidden_new', hidden);
    }
    const changed = changedIndex(index, { hidden, expireAfterSeconds: expiry });
    const indexes = info.indexes.map((other) => (other === index ? changed : other));
    engine.catalog.replace({ ...info, indexes });
  },
};

function target(info: CollectionInfo, change: Value): IndexInfo {
  for (const { name } of elementsOf(change)) {
    if (name === 'unique' || name === 'prepareUnique') throw unsupported(`collMod's index.${name}`);
    if (!['name', 'keyPattern', 'hidden', 'expireAfterSeconds'].includes(name))
      throw new CommandError(40415, `BSON field 'collMod.index.${name}' is an unknown field.`);
  }
  const name = findByName(change, 'name');
  const pattern = findByName(change, 'keyPattern');
  if (name && pattern) throw invalid('Cannot specify both key pattern and name.');
  if (!name && !pattern) throw invalid('Must specify either index name or key pattern.');
  if ((name && name.type !== T.string) || (pattern && pattern.type !== T.object))
    throw typeMismatch("collMod's index.name must be a string and index.keyPattern an object");
  if (!findByName(change, 'hidden') && !findByName(change, 'expireAfterSeconds'))
    throw invalid('no expireAfterSeconds, hidden, unique, or prepareUnique field');
  const found = pattern
    ? indexesOfPattern(info, pattern)
    : info.indexes.filter((index) => index.name === readString(name!));
  const shown = pattern ? formatDocument(pattern) : readString(name!);
  if (found.length > 1) {
    throw new CommandError(
      ErrorCode.AmbiguousIndexKeyPattern,
      `index keyPattern ${shown} matches ${found.length} indexes, must use index name. Conflicting indexes: ${found.map((index) => index.name).join(', ')}`,
    );
  }
  if (!found[0])
    throw new CommandError(ErrorCode.IndexNotFound, `cannot find index ${shown} for ns ${info.ns}`);
  return found[0];
}

/** Undefined: nothing to do. */
function wantedVisibility(index: IndexInfo, change: Value): boolean | undefined {
  const hidden = findByName(change, 'hidden');
  if (!hidden) return undefined;
  if (index.name === '_id_') throw badValue("can't hide _id index");
  return isTruthy(hidden) === index.hidden ? undefined : isTruthy(hidden);
}

function wantedExpiry(index: IndexInfo, change: Value): number | undefined {
  const value = findByName(change, 'expireAfterSeconds');
  if (!value) return undefined;
  const problem = expiryProblem(value);
  if (problem) throw invalid(problem);
  if (index.name === '_id_') throw invalid('the _id field does not support TTL indexes');
  if (index.fields.length > 1)
    throw invalid('TTL indexes are single-field indexes, compound indexes do not support TTL');
  return Math.trunc(numberOf(value));
}

function changedIndex(
  index: IndexInfo,
  { hidden = index.hidden, expireAfterSeconds = index.expireAfterSeconds }: Partial<IndexInfo>,
): IndexInfo {
  const old = objectValue(index.spec);
  const spec = buildDocument((writer) => {
    for (const name of ['v', 'key', 'name', ...STORED_OPTIONS]) {
      const value = findByName(old, name);
      if (name === 'hidden') {
        if (hidden) writer.bool(name, true);
      } else if (name === 'expireAfterSeconds') {
        if (expireAfterSeconds !== undefined) writer.int(name, expireAfterSeconds);
      } else if (value) writer.value(name, value);
    }
  });
  return parseIndex(objectValue(spec), index.ident, index.multikey);
}
