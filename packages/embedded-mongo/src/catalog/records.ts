import { formatDocument } from '../bson/format.js';
import { T } from '../bson/types.js';
import { elementsOf, findField, fieldName, objectValue, NULL } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { KvView, WriteSet } from '../kv/view.js';
import { plainPathValue } from '../query/path.js';
import type { CollectionInfo, CollectionStates } from './catalog.js';
import type { IndexInfo } from './index-info.js';
import { indexKeys, type IndexKeys } from './index-keys.js';

export const ID = fieldName('_id');

/** E11000: names index, pattern and values as MongoDB does. */
export class DuplicateKeyError extends CommandError {
  constructor(
    message: string,
    readonly keyPattern: Buffer,
    readonly keyValue: Buffer,
  ) {
    super(ErrorCode.DuplicateKey, message);
  }
}

/** The key of a record: the collection's prefix and the record id. */
export function recordKey(ident: number, recordId: number): Buffer {
  const key = Buffer.allocUnsafe(10);
  key.writeUInt32BE(ident, 0);
  key.writeUIntBE(recordId, 4, 6);
  return key;
}

/** The 6 bytes that index entries hold. */
export function recordIdBytes(recordId: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(recordId, 0, 6);
  return bytes;
}

export type WriteView = KvView & WriteSet;

/**
 * Writes of single documents: everything that can fail (types, key lengths, uniqueness) is checked for all indexes
 * before the first put. Works on any view, so a transaction's overlay serves as well as the store's plan.
 */
export class Records {
  constructor(
    private readonly view: WriteView,
    private readonly catalog: CollectionStates,
  ) {}

  /** Inserts a document that has an `_id`. Returns its record id. */
  insert(ns: CollectionInfo, doc: Buffer): number {
    const all = ns.indexes.map((index) => indexKeys(index, doc));
    ns.indexes.forEach((index, i) => this.assertUnique(ns, index, all[i]!.keys, doc));
    const recordId = this.catalog.allocateRecordId(ns);
    const id = recordIdBytes(recordId);
    this.view.put(recordKey(ns.ident, recordId), doc);
    ns.indexes.forEach((index, i) => {
      for (const key of all[i]!.keys) this.view.put(entryKey(index, key, id), id);
    });
    this.markMultikey(ns, all);
    return recordId;
  }

  /** Replaces the document of a record. */
  update(ns: CollectionInfo, recordId: number, before: Buffer, after: Buffer): void {
    const old = ns.indexes.map((index) => indexKeys(index, before));
    const all = ns.indexes.map((index) => indexKeys(index, after));
    const added = all.map((keys, i) => keys.keys.filter((key) => !includes(old[i]!.keys, key)));
    ns.indexes.forEach((index, i) => this.assertUnique(ns, index, added[i]!, after));
    const id = recordIdBytes(recordId);
    this.view.put(recordKey(ns.ident, recordId), after);
    ns.indexes.forEach((index, i) => {
      for (const key of old[i]!.keys) {
        if (!includes(all[i]!.keys, key)) this.view.remove(entryKey(index, key, id));
      }
      for (const key of added[i]!) this.view.put(entryKey(index, key, id), id);
    });
    this.markMultikey(ns, all);
  }

  /** Removes a record and its index entries. */
  remove(ns: CollectionInfo, recordId: number, doc: Buffer): void {
    const id = recordIdBytes(recordId);
    this.view.remove(recordKey(ns.ident, recordId));
    for (const index of ns.indexes) {
      for (const key of indexKeys(index, doc).keys) this.view.remove(entryKey(index, key, id));
    }
  }

  /** Collects the entries of new indexes over existing records: `add` each record, then `apply` once. */
  builder(ns: CollectionInfo, indexes: readonly IndexInfo[]): IndexBuilder {
    return new IndexBuilder(this.view, ns, indexes);
  }

  private assertUnique(ns: CollectionInfo, index: IndexInfo, keys: readonly Buffer[], doc: Buffer): void {
    if (!index.unique) return;
    for (const key of keys) if (this.view.get(key)) throw duplicateKey(ns, index, doc);
  }

  private markMultikey(ns: CollectionInfo, all: readonly IndexKeys[]): void {
    if (!all.some((keys, i) => keys.multikey && !ns.indexes[i]!.multikey)) return;
    const current = this.catalog.planned.get(ns.ns) ?? ns;
    const indexes = current.indexes.map((index, i) => ({
      ...index,
      multikey: index.multikey || all[i]!.multikey,
    }));
    this.catalog.replace({ ...current, indexes });
  }
}

/** Checks all records before the first put: a failed build leaves nothing behind. */
class IndexBuilder {
  private readonly puts: [Buffer, Buffer][] = [];
  private readonly taken = new Set<string>();
  private readonly multikey: boolean[];

  constructor(
    private readonly view: WriteView,
    private readonly ns: CollectionInfo,
    private readonly indexes: readonly IndexInfo[],
  ) {
    this.multikey = indexes.map(() => false);
  }

  add(recordId: number, doc: Buffer): void {
    const id = recordIdBytes(recordId);
    this.indexes.forEach((index, i) => {
      const { keys, multikey } = indexKeys(index, doc);
      if (multikey) this.multikey[i] = true;
      for (const key of keys) {
        if (index.unique) {
          const text = key.toString('latin1');
          if (this.taken.has(text)) throw duplicateKey(this.ns, index, doc);
          this.taken.add(text);
        }
        this.puts.push([entryKey(index, key, id), id]);
      }
    });
  }

  /** Plans all entries. Returns which indexes are multikey. */
  apply(): readonly boolean[] {
    for (const [key, value] of this.puts) this.view.put(key, value);
    return this.multikey;
  }
}

function includes(keys: readonly Buffer[], key: Buffer): boolean {
  for (const other of keys) if (other.equals(key)) return true;
  return false;
}

/** A unique index holds one record a key; any other carries the record id behind the key. */
export function entryKey(index: IndexInfo, key: Buffer, id: Buffer): Buffer {
  return index.unique ? key : Buffer.concat([key, id]);
}

function duplicateKey(ns: CollectionInfo, index: IndexInfo, doc: Buffer): DuplicateKeyError {
  const keyValue = buildDocument((writer) => {
    for (const { path } of index.fields) {
      const value = plainPathValue(doc, 0, path) ?? firstOfArray(doc, path.names[0]!);
      writer.value(path.text, value.type === T.missing ? NULL : value);
    }
  });
  const shown = formatDocument(objectValue(keyValue));
  const message = `E11000 duplicate key error collection: ${ns.ns} index: ${index.name} dup key: ${shown}`;
  return new DuplicateKeyError(message, index.pattern, keyValue);
}

function firstOfArray(doc: Buffer, name: Buffer) {
  const value = findField(doc, 0, name);
  return (value?.type === T.array ? elementsOf(value)[0] : value) ?? NULL;
}
