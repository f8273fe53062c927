import { crc32 } from 'node:zlib';
import { collectionOf, nextIdentOf, type CollectionInfo } from '../catalog/catalog.js';
import type { IndexInfo } from '../catalog/index-info.js';
import { indexKeys } from '../catalog/index-keys.js';
import { entryKey, recordIdBytes } from '../catalog/records.js';
import { unseal } from '../kv/checksum.js';
import { DamagedData } from './damage.js';
import { LmdbFile } from './lmdb-file.js';

/** What a data file that was found whole holds. */
export interface Contents {
  readonly bytes: number;
  readonly collections: number;
  readonly documents: number;
  readonly indexEntries: number;
}

/**
 * Reads a data file from end to end: every page, every document's checksum, and that every index holds exactly the entries
 * that its documents would give it if it were built anew. The file must not change meanwhile.
 * @throws DamagedData naming the file, or the one that this is a copy of
 */
export function verifyFile(path: string, name = path): Contents {
  try {
    const file = new LmdbFile(path);
    try {
      const check = new ContentCheck();
      file.walk((key, value) => check.pair(key, value));
      return { bytes: file.size, ...check.end() };
    } finally {
      file.close();
    }
  } catch (error) {
    if (!(error instanceof DamagedData)) throw error;
    throw new DamagedData(`${name} is damaged: ${error.message}`, { cause: error });
  }
}

/** A sum over entries that does not depend on their order: what an index holds, and what its documents ask of it. */
class EntrySum {
  private count = 0;
  private sum = 0;
  private mixed = 0;

  add(key: Buffer, id: Buffer): void {
    const hash = crc32(id, crc32(key));
    this.count += 1;
    this.sum = (this.sum + hash) >>> 0;
    this.mixed ^= Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  }

  equals(other: EntrySum): boolean {
    return this.count === other.count && this.sum === other.sum && this.mixed === other.mixed;
  }
}

interface CheckedIndex {
  readonly index: IndexInfo;
  readonly ns: string;
  readonly held: EntrySum;
  readonly wanted: EntrySum;
}

/** Takes all pairs in the order of their keys, in which the catalog comes first. */
class ContentCheck {
  private readonly collections = new Map<number, { info: CollectionInfo; indexes: CheckedIndex[] }>();
  private readonly indexes = new Map<number, CheckedIndex>();
  private nextIdent = 1;
  private documents = 0;
  private indexEntries = 0;

  pair(key: Buffer, stored: Buffer): void {
    if (key.length < 5) throw new DamagedData('a key without an identifier');
    const ident = key.readUInt32BE(0);
    const value = unseal(key, stored, stored.length);
    if (ident === 0) return this.catalog(key, value);
    const index = this.indexes.get(ident);
    if (index) {
      index.held.add(key, value);
      this.indexEntries += 1;
      return;
    }
    // The keys of what was dropped belong to nothing until they are swept.
    const collection = this.collections.get(ident);
    if (!collection) return;
    this.documents += 1;
    const id = recordIdBytes(key.readUIntBE(4, 6));
    for (const { index: wanting, wanted, ns } of collection.indexes) {
      const { keys, multikey } = indexKeys(wanting, value);
      if (multikey && !wanting.multikey) throw unequal(wanting, ns);
      for (const entry of keys) wanted.add(entryKey(wanting, entry, id), id);
    }
  }

  private catalog(key: Buffer, value: Buffer): void {
    this.nextIdent = nextIdentOf(key, value) ?? this.nextIdent;
    const info = collectionOf(key, value);
    if (!info) return;
    const indexes = info.indexes.map((index) => {
      return { index, ns: info.ns, held: new EntrySum(), wanted: new EntrySum() };
    });
    this.collections.set(info.ident, { info, indexes });
    for (const index of indexes) this.indexes.set(index.index.ident, index);
  }

  end(): Omit<Contents, 'bytes'> {
    for (const { index, ns, held, wanted } of this.indexes.values())
      if (!held.equals(wanted)) throw unequal(index, ns);
    for (const ident of [...this.collections.keys(), ...this.indexes.keys()])
      if (ident >= this.nextIdent) throw new DamagedData('the next identifier is in use');
    const { documents, indexEntries } = this;
    return { collections: this.collections.size, documents, indexEntries };
  }
}

function unequal(index: IndexInfo, ns: string): DamagedData {
  return new DamagedData(`the index ${index.name} of ${ns} is not the one of its documents`);
}
