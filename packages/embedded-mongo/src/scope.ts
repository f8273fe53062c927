import type { CollectionInfo, CollectionLookup, CollectionStates } from './catalog/catalog.js';
import { Records, type WriteView } from './catalog/records.js';
import type { KvView } from './kv/view.js';

/** What a reading command sees: one state of the keys and the collections in it. */
export interface ReadScope {
  readonly view: KvView;
  readonly collections: CollectionLookup;
}

/**
 * What a writing command sees and changes. Commands know only this, so that the same code runs on the store and inside a
 * transaction.
 */
export class WriteScope implements ReadScope {
  readonly records: Records;

  constructor(
    readonly view: WriteView,
    readonly catalog: CollectionStates,
    /** Before a collection is dropped or its indexes change: throws `Blocked` while a transaction uses it. */
    readonly assertUntouched: (ns: string) => void,
  ) {
    this.records = new Records(view, catalog);
  }

  get collections(): CollectionLookup {
    return this.catalog.planned;
  }

  /** The collection, made if it is not there. */
  ensureCollection(ns: string): CollectionInfo {
    return this.catalog.planned.get(ns) ?? this.catalog.create(ns);
  }
}
