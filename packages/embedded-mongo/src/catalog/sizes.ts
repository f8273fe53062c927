import { prefixEnd } from '../kv/key-writer.js';
import type { KvView } from '../kv/view.js';
import type { CollectionInfo } from './catalog.js';

export interface StoredSize {
  readonly count: number;
  readonly bytes: number;
}

export interface CollectionSizes {
  readonly records: StoredSize;
  readonly indexes: readonly { readonly name: string; readonly size: StoredSize }[];
}

/** So many entries are looked at; of more, the rest is taken to be of the same size on average. */
const SAMPLE = 10_000;

/** What a collection holds: counts are exact, the sizes of large ones an estimate. */
export function collectionSizes(view: KvView, info: CollectionInfo): CollectionSizes {
  return {
    records: storedSize(view, info.ident, false),
    indexes: info.indexes.map((index) => ({ name: index.name, size: storedSize(view, index.ident, true) })),
  };
}

export function indexBytes({ indexes }: CollectionSizes): number {
  return indexes.reduce((sum, { size }) => sum + size.bytes, 0);
}

/** All keys of a record store or an index start with its identifier. */
export function identPrefix(ident: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(ident);
  return prefix;
}

function storedSize(view: KvView, ident: number, withKeys: boolean): StoredSize {
  const start = identPrefix(ident);
  const end = prefixEnd(start);
  let looked = 0;
  let bytes = 0;
  for (const { key, value } of view.range({ start, end })) {
    bytes += (withKeys ? key.length : 0) + value.length;
    if (++looked === SAMPLE) break;
  }
  if (looked < SAMPLE) return { count: looked, bytes };
  const count = view.count(start, end);
  return { count, bytes: Math.round((bytes / looked) * count) };
}
