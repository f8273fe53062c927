import { randomUUID } from 'node:crypto';
import { elementsOf, findByName, objectValue, readNumber, readString } from '../bson/value.js';
import { isTruthy } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { prefixEnd } from '../kv/key-writer.js';
import type { KvStore } from '../kv/store.js';
import { parseIndex, type IndexInfo } from './index-info.js';

/** One collection. Immutable: a change makes a new one. */
export interface CollectionInfo {
  /** `db.collection` */
  readonly ns: string;
  readonly uuid: string;
  /** The key prefix of its records; never used again after a drop. */
  readonly ident: number;
  /** The `_id` index is the first. */
  readonly indexes: readonly IndexInfo[];
}

export type Collections = ReadonlyMap<string, CollectionInfo>;

/** As commands look collections up. */
export type CollectionLookup = Pick<Collections, 'get'>;

/** The collections as a writer sees and changes them: the catalog itself, or a transaction's own state over it. */
export interface CollectionStates {
  readonly planned: CollectionLookup;
  /** Plans a new, empty collection. */
  create(ns: string): CollectionInfo;
  /** Plans a changed state of a collection. */
  replace(info: CollectionInfo): void;
  /** A fresh key prefix. */
  allocateIdent(): number;
  /** Record ids grow with every insert: they are the natural order of a collection. */
  allocateRecordId(info: CollectionInfo): number;
}

const ROOT = Buffer.from([0, 0, 0, 0]);
const COLLECTION = Buffer.concat([ROOT, Buffer.from('c')]);
const NEXT_IDENT = Buffer.concat([ROOT, Buffer.from('i')]);
const GARBAGE = Buffer.concat([ROOT, Buffer.from('g')]);
const ID_SPEC = buildDocument((writer) => {
  writer.int('v', 2);
  const key = writer.beginObject('key');
  writer.int('_id', 1);
  writer.end(key);
  writer.string('name', '_id_');
});

/**
 * All collections and their indexes. Reads use `committed`, write commands `planned`: an index that is not on disk yet
 * serves no read, but every write planned after it maintains it.
 *
 * A read may see a commit a moment before its hook has run here, so `committed` holds for the states on both sides of it: a
 * new index comes with the hook, a dropped one goes when the drop is planned, and so does the claim that an index has one
 * key a document.
 */
export class Catalog implements CollectionStates {
  committed: Collections;
  planned: Collections;
  /** As of the last commit, before what must show early. */
  private onDisk: Collections;
  private readonly droppedIndexes = new Set<number>();
  private readonly multikeyIndexes = new Set<number>();
  private nextIdent: number;
  private readonly nextRecord = new Map<number, number>();

  constructor(private readonly store: KvStore) {
    const found = new Map<string, CollectionInfo>();
    for (const { value } of store.committed.range({ start: COLLECTION, end: prefixEnd(COLLECTION) })) {
      const info = decode(value);
      found.set(info.ns, info);
    }
    this.committed = this.planned = this.onDisk = found;
    this.nextIdent = store.committed.get(NEXT_IDENT)?.readUInt32BE() ?? 1;
  }

  allocateIdent(): number {
    const ident = this.nextIdent++;
    const next = Buffer.alloc(4);
    next.writeUInt32BE(this.nextIdent);
    this.store.planned.put(NEXT_IDENT, next);
    return ident;
  }

  create(ns: string): CollectionInfo {
    const info = newCollection(ns, () => this.allocateIdent());
    this.replace(info);
    return info;
  }

  replace(info: CollectionInfo): void {
    for (const index of this.planned.get(info.ns)?.indexes ?? []) {
      if (!info.indexes.some((other) => other.ident === index.ident)) this.droppedIndexes.add(index.ident);
    }
    for (const index of info.indexes) if (index.multikey) this.multikeyIndexes.add(index.ident);
    this.store.planned.put(...collectionEntry(info));
    this.change((collections) => collections.set(info.ns, info));
  }

  /** Plans the end of a collection; its keys are swept later. */
  drop(info: CollectionInfo): void {
    this.store.planned.remove(collectionKey(info.ns));
    this.change((collections) => collections.delete(info.ns));
    this.discard([info.ident, ...info.indexes.map((index) => index.ident)]);
  }

  /** Plans another name for a collection; none has it. */
  rename(info: CollectionInfo, ns: string): void {
    const renamed = { ...info, ns };
    this.store.planned.remove(collectionKey(info.ns));
    this.store.planned.put(...collectionEntry(renamed));
    this.change((collections) => {
      collections.delete(info.ns);
      collections.set(ns, renamed);
    });
  }

  /** Marks key prefixes that nothing refers to any more as garbage. */
  discard(idents: readonly number[]): void {
    for (const ident of idents) this.store.planned.put(garbageKey(ident), Buffer.alloc(1));
  }

  allocateRecordId(info: CollectionInfo): number {
    const id = this.nextRecord.get(info.ident) ?? this.lastRecordId(info) + 1;
    this.nextRecord.set(info.ident, id + 1);
    return id;
  }

  /** Removes up to `limit` keys of dropped collections and indexes. Returns whether there may be more. */
  sweep(limit: number): boolean {
    let removed = 0;
    for (const { key } of this.store.planned.range({ start: GARBAGE, end: prefixEnd(GARBAGE) })) {
      const prefix = Buffer.from(key.subarray(GARBAGE.length));
      for (const entry of this.store.planned.range({ start: prefix, end: prefixEnd(prefix) })) {
        this.store.planned.remove(entry.key);
        if (++removed >= limit) return true;
      }
      this.store.planned.remove(key);
    }
    return false;
  }

  private lastRecordId(info: CollectionInfo): number {
    const start = Buffer.alloc(4);
    start.writeUInt32BE(info.ident);
    for (const { key } of this.store.planned.range({ start, end: prefixEnd(start), reverse: true })) {
      return key.readUIntBE(4, 6);
    }
    return 0;
  }

  private change(apply: (collections: Map<string, CollectionInfo>) => void): void {
    const next = new Map(this.planned);
    apply(next);
    this.planned = next;
    this.committed = this.readable(this.onDisk);
    this.store.afterCommit(() => {
      this.onDisk = next;
      this.committed = this.readable(next);
    });
  }

  private readable(collections: Collections): Collections {
    const found = new Map<string, CollectionInfo>();
    for (const [ns, info] of collections) {
      const indexes = info.indexes
        .filter((index) => !this.droppedIndexes.has(index.ident))
        .map((index) => (this.multikeyIndexes.has(index.ident) ? { ...index, multikey: true } : index));
      found.set(ns, { ...info, indexes });
    }
    return found;
  }
}

/** A new, empty collection with its `_id` index. */
export function newCollection(ns: string, allocateIdent: () => number): CollectionInfo {
  const ident = allocateIdent();
  return {
    ns,
    uuid: randomUUID(),
    ident,
    indexes: [parseIndex(objectValue(ID_SPEC), allocateIdent())],
  };
}

/** Where a collection is described in the store. */
export function collectionKey(ns: string): Buffer {
  return Buffer.concat([COLLECTION, Buffer.from(ns)]);
}

/** The description of a collection, ready to be put. */
export function collectionEntry(info: CollectionInfo): [Buffer, Buffer] {
  return [collectionKey(info.ns), encode(info)];
}

function garbageKey(ident: number): Buffer {
  const key = Buffer.alloc(GARBAGE.length + 4);
  GARBAGE.copy(key);
  key.writeUInt32BE(ident, GARBAGE.length);
  return key;
}

function encode(info: CollectionInfo): Buffer {
  return buildDocument((writer) => {
    writer.string('ns', info.ns);
    writer.string('uuid', info.uuid);
    writer.double('ident', info.ident);
    const indexes = writer.beginArray('indexes');
    info.indexes.forEach((index, i) => {
      const entry = writer.beginObject(String(i));
      writer.double('ident', index.ident);
      writer.bool('multikey', index.multikey);
      writer.document('spec', index.spec);
      writer.end(entry);
    });
    writer.end(indexes);
  });
}

/** The collection that a stored pair describes, if it describes one. */
export function collectionOf(key: Buffer, value: Buffer): CollectionInfo | undefined {
  return key.subarray(0, COLLECTION.length).equals(COLLECTION) ? decode(value) : undefined;
}

/** The key prefix that a stored pair tells to be the next one, if it tells that. */
export function nextIdentOf(key: Buffer, value: Buffer): number | undefined {
  return key.equals(NEXT_IDENT) ? value.readUInt32BE() : undefined;
}

function decode(doc: Buffer): CollectionInfo {
  const value = objectValue(doc);
  return {
    ns: readString(findByName(value, 'ns')!),
    uuid: readString(findByName(value, 'uuid')!),
    ident: readNumber(findByName(value, 'ident')!),
    indexes: elementsOf(findByName(value, 'indexes')!).map((entry) =>
      parseIndex(
        findByName(entry, 'spec')!,
        readNumber(findByName(entry, 'ident')!),
        isTruthy(findByName(entry, 'multikey')),
      ),
    ),
  };
}
