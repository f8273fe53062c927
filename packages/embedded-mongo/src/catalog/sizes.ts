import { prefixEnd } from '../kv/key-writer.js';
import type { KvEntry, KvView } from '../kv/view.js';
import type { CollectionInfo } from './catalog.js';
import type { IndexInfo } from './index-info.js';

export interface StoredSize {
  readonly count: number;
  readonly bytes: number;
}

export interface CollectionSizes {
  readonly records: StoredSize;
  readonly indexes: readonly { readonly name: string; readonly size: StoredSize }[];
}

/** So many entries are looked at; of more, the rest is taken to be of the same size on average. */
const SAMPLE = 1000;

/** What a collection holds: the count is exact, the sizes of a large one are estimates. */
export function collectionSizes(view: KvView, info: CollectionInfo): CollectionSizes {
  const records = storedSize(view, info.ident, ({ value }) => value.length);
  const sizeOf = (index: IndexInfo) => {
    const oneKeyEach = !index.multikey && !index.sparse && !index.partial;
    const count = oneKeyEach ? records.count : undefined;
    return storedSize(view, index.ident, ({ key, value }) => key.length + value.length, count);
  };
  return { records, indexes: info.indexes.map((index) => ({ name: index.name, size: sizeOf(index) })) };
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

function storedSize(
  view: KvView,
  ident: number,
  sizeOf: (entry: KvEntry) => number,
  known?: number,
): StoredSize {
  const start = identPrefix(ident);
  const end = prefixEnd(start);
  let looked = 0;
  let bytes = 0;
  for (const entry of view.range({ start, end })) {
    bytes += sizeOf(entry);
    if (++looked === SAMPLE) break;
  }
  if (looked < SAMPLE) return { count: looked, bytes };
  const count = known ?? view.count(start, end);
  return { count, bytes: Math.round((bytes / looked) * count) };
}
