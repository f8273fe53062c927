import {
  collectionEntry,
  collectionKey,
  newCollection,
  type Catalog,
  type CollectionInfo,
  type Collections,
  type CollectionStates,
} from '../catalog/catalog.js';
import type { WriteView } from '../catalog/records.js';
import { CommandError, ErrorCode } from '../errors.js';
import { TransientError } from './transient-error.js';

/**
 * The collections of one transaction: those of its snapshot and those it has made. From its first use of a collection on, no
 * one else can drop it or change its indexes; one that was changed between the snapshot and the first use is refused. One
 * that others have made since is not there for it; making it too is a WriteConflict.
 */
export class TransactionCatalog implements CollectionStates {
  readonly touched = new Set<string>();
  private readonly made = new Map<string, CollectionInfo>();
  private readonly before: Collections;

  constructor(
    private readonly catalog: Catalog,
    private readonly view: WriteView,
  ) {
    this.before = catalog.committed;
  }

  get planned(): this {
    return this;
  }

  get(ns: string): CollectionInfo | undefined {
    const made = this.made.get(ns);
    if (made) return made;
    const before = this.before.get(ns);
    if (!before) {
      // LMDB shows a commit a moment before the catalog tells of it.
      if (this.view.get(collectionKey(ns))) throw unavailable(ns);
      return undefined;
    }
    const now = this.catalog.planned.get(ns);
    if (!now || !sameCollection(before, now)) throw unavailable(ns);
    this.touched.add(ns);
    return now;
  }

  create(ns: string): CollectionInfo {
    const info = newCollection(ns, () => this.catalog.allocateIdent());
    this.view.put(...collectionEntry(info));
    this.touched.add(ns);
    this.made.set(ns, info);
    return info;
  }

  replace(info: CollectionInfo): void {
    if (this.made.has(info.ns)) {
      this.view.put(...collectionEntry(info));
      this.made.set(info.ns, info);
    } else if (sameCollection(this.catalog.planned.get(info.ns)!, info)) {
      // Only a mark `multikey`: true for everyone from now on, whatever becomes of the transaction.
      this.catalog.replace(info);
    } else {
      throw new CommandError(
        ErrorCode.OperationNotSupportedInTransaction,
        `Cannot create new indexes on existing collection ${info.ns} in a multi-document transaction.`,
      );
    }
  }

  allocateIdent(): number {
    return this.catalog.allocateIdent();
  }

  allocateRecordId(info: CollectionInfo): number {
    return this.catalog.allocateRecordId(info);
  }

  /** Gives what was made to everyone. */
  commit(): void {
    for (const info of this.made.values()) this.catalog.replace(info);
  }
}

function unavailable(ns: string): TransientError {
  return new TransientError(
    ErrorCode.SnapshotUnavailable,
    `Unable to read from a snapshot due to pending collection catalog changes to collection '${ns}'; please retry the operation.`,
  );
}

/** The same collection with the same indexes. */
function sameCollection(a: CollectionInfo, b: CollectionInfo): boolean {
  return (
    a.ident === b.ident &&
    a.indexes.length === b.indexes.length &&
    a.indexes.every((index, i) => index.ident === b.indexes[i]!.ident)
  );
}
