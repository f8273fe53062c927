/** One stored pair. The buffers belong to the receiver. */
export interface KvEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Keys in `[start, end)`, ascending by bytes, or descending with `reverse`. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly reverse?: boolean;
}

/**
 * What all CRUD code reads through. A view is consistent within one synchronous run: the committed store, or the store with
 * planned writes laid over it.
 */
export interface KvView {
  get(key: Buffer): Buffer | undefined;
  /** As `get`, but the bytes are only lent: they hold until the next call on any view. */
  peek(key: Buffer): Buffer | undefined;
  range(range: KeyRange): Iterable<KvEntry>;
  /** The number of keys in `[start, end)`. */
  count(start: Buffer, end: Buffer): number;
}

/** Where planned writes go. None of them can fail: limits and uniqueness are checked before. */
export interface WriteSet {
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}
