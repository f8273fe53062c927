import { checkCollection, type IndexCheck } from '../catalog/check-collection.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Command } from './request.js';

/** Compares all indexes of a collection with its documents. */
export const validate: Command = {
  fields: ['full', 'background', 'checkBSONConformance'],
  refused: ['repair', 'metadata', 'enforceFastCount'],
  run: ({ scope, request, reply }) => {
    const ns = request.namespace();
    const info = scope.collections.get(ns);
    if (!info) {
      throw new CommandError(ErrorCode.NamespaceNotFound, `Collection '${ns}' does not exist to validate.`);
    }
    const { records, indexes } = checkCollection(scope.view, info);
    const errors = indexes.filter((index) => !isValid(index)).map(problemOf);
    reply.string('ns', ns);
    reply.uuid('uuid', info.uuid);
    reply.int('nInvalidDocuments', 0);
    reply.int('nNonCompliantDocuments', 0);
    reply.count('nrecords', records);
    reply.count('nIndexes', indexes.length);
    const keys = reply.beginObject('keysPerIndex');
    for (const index of indexes) reply.count(index.name, index.keys);
    reply.end(keys);
    const details = reply.beginObject('indexDetails');
    for (const index of indexes) {
      const detail = reply.beginObject(index.name);
      reply.bool('valid', isValid(index));
      reply.end(detail);
    }
    reply.end(details);
    reply.bool('valid', errors.length === 0);
    reply.bool('repaired', false);
    reply.end(reply.beginArray('warnings'));
    const list = reply.beginArray('errors');
    errors.forEach((error, i) => reply.string(String(i), error));
    reply.end(list);
    for (const name of ['extraIndexEntries', 'missingIndexEntries', 'corruptRecords'])
      reply.end(reply.beginArray(name));
  },
};

function isValid(index: IndexCheck): boolean {
  return index.missing === 0 && index.extra === 0;
}

function problemOf({ name, missing, extra }: IndexCheck): string {
  return `index '${name}' has ${missing} missing and ${extra} extra entries`;
}
