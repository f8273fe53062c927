import { prefixEnd } from '../kv/key-writer.js';
import type { KvView } from '../kv/view.js';
import type { CollectionInfo } from './catalog.js';
import { indexKeys } from './index-keys.js';
import { entryKey, recordIdBytes } from './records.js';
import { identPrefix } from './sizes.js';

export interface IndexCheck {
  readonly name: string;
  /** Entries found. */
  keys: number;
  /** Entries that the documents want and that are not there. */
  missing: number;
  /** Entries that no document wants. */
  extra: number;
}

/** Compares every index of a collection with what its documents would have in it. */
export function checkCollection(
  view: KvView,
  info: CollectionInfo,
): { records: number; indexes: readonly IndexCheck[] } {
  const indexes = info.indexes.map((index): IndexCheck => {
    const start = identPrefix(index.ident);
    return { name: index.name, keys: view.count(start, prefixEnd(start)), missing: 0, extra: 0 };
  });
  const present = indexes.map(() => 0);
  let records = 0;
  const start = identPrefix(info.ident);
  for (const { key, value } of view.range({ start, end: prefixEnd(start) })) {
    records++;
    const id = recordIdBytes(key.readUIntBE(4, 6));
    info.indexes.forEach((index, i) => {
      for (const wanted of indexKeys(index, value).keys) {
        if (view.get(entryKey(index, wanted, id))?.equals(id)) present[i]!++;
        else indexes[i]!.missing++;
      }
    });
  }
  indexes.forEach((index, i) => (index.extra = index.keys - present[i]!));
  return { records, indexes };
}
