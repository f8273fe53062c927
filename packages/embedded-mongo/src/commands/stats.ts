import { statfsSync } from 'node:fs';
import type { BsonWriter } from '../bson/writer.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { collectionSizes, indexBytes, type CollectionSizes } from '../catalog/sizes.js';
import type { KvView } from '../kv/view.js';
import { collectionsOf, fullNamespace } from './collections.js';
import { namespaceOf, type Command, type Request } from './request.js';

const EMPTY: CollectionSizes = { records: { count: 0, bytes: 0 }, indexes: [] };

export const collStats: Command = {
  fields: ['scale'],
  run: ({ scope, request, reply }) => {
    const ns = namespaceOf(request.db, request.string(request.name) ?? '');
    reply.string('ns', ns);
    writeStorageStats(reply, scope.view, scope.collections.get(ns), scaleOf(request));
  },
};

function scaleOf(request: Request): number {
  return request.integer('scale', 1) ?? 1;
}

/** What `collStats` and `$collStats`' storageStats tell of a collection. */
export function writeStorageStats(
  reply: BsonWriter,
  view: KvView,
  info: CollectionInfo | undefined,
  scale: number,
): void {
  const sizes = info ? collectionSizes(view, info) : EMPTY;
  const { count, bytes } = sizes.records;
  const scaled = (name: string, size: number) => reply.count(name, Math.floor(size / scale));
  scaled('size', bytes);
  reply.count('count', count);
  if (count > 0) reply.count('avgObjSize', Math.round(bytes / count));
  reply.int('numOrphanDocs', 0);
  scaled('storageSize', bytes);
  reply.int('freeStorageSize', 0);
  reply.bool('capped', false);
  reply.count('nindexes', sizes.indexes.length);
  reply.end(reply.beginArray('indexBuilds'));
  scaled('totalIndexSize', indexBytes(sizes));
  scaled('totalSize', bytes + indexBytes(sizes));
  const list = reply.beginObject('indexSizes');
  for (const { name, size } of sizes.indexes) scaled(name, size.bytes);
  reply.end(list);
  reply.count('scaleFactor', scale);
}

export const dbStats: Command = {
  fields: ['scale', 'freeStorage'],
  run: ({ engine, scope, request, reply }) => {
    const scale = scaleOf(request);
    const all = collectionsOf(engine.catalog.committed, request.db).map((info) =>
      collectionSizes(scope.view, info),
    );
    const sum = (of: (sizes: CollectionSizes) => number) =>
      all.reduce((total, sizes) => total + of(sizes), 0);
    const objects = sum((sizes) => sizes.records.count);
    const data = sum((sizes) => sizes.records.bytes);
    const index = sum(indexBytes);
    const disk = statfsSync(engine.dbPath);
    reply.string('db', request.db);
    reply.count('collections', all.length);
    reply.int('views', 0);
    reply.count('objects', objects);
    reply.double('avgObjSize', objects === 0 ? 0 : data / objects);
    reply.double('dataSize', data / scale);
    reply.double('storageSize', data / scale);
    reply.count(
      'indexes',
      sum((sizes) => sizes.indexes.length),
    );
    reply.double('indexSize', index / scale);
    reply.double('totalSize', (data + index) / scale);
    reply.count('scaleFactor', scale);
    reply.double('fsUsedSize', ((disk.blocks - disk.bfree) * disk.bsize) / scale);
    reply.double('fsTotalSize', (disk.blocks * disk.bsize) / scale);
  },
};

export const dataSize: Command = {
  fields: ['estimate'],
  refused: ['keyPattern', 'min', 'max', 'maxSize', 'maxObjects'],
  run: ({ engine, scope, request, reply }) => {
    const startedAt = engine.now();
    const info = scope.collections.get(fullNamespace(request, request.name));
    const { records } = info ? collectionSizes(scope.view, info) : EMPTY;
    reply.count('size', records.bytes);
    reply.count('numObjects', records.count);
    reply.count('millis', engine.now() - startedAt);
    reply.bool('estimate', request.bool('estimate'));
  },
};
