import type { Catalog } from '../catalog/catalog.js';
import type { WriteView } from '../catalog/records.js';
import { CommandError, ErrorCode } from '../errors.js';
import { Overlay, OverlayView } from '../kv/overlay.js';
import type { KvStore, Snapshot } from '../kv/store.js';
import { WriteScope } from '../scope.js';
import type { ChangeLog } from './change-log.js';
import type { KeyLocks } from './key-locks.js';
import { TransactionCatalog } from './transaction-catalog.js';
import { TransientError } from './transient-error.js';

/** What one transaction may hold in memory, in bytes of keys and values. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What all transactions share. */
export interface Surroundings {
  readonly store: KvStore;
  /** Where a commit goes. */
  readonly planned: WriteView;
  readonly catalog: Catalog;
  readonly locks: KeyLocks;
  readonly changes: ChangeLog;
}

/**
 * One open transaction: a snapshot of what was on disk when it began, with its own writes laid over it. A key that it writes
 * is locked until its end. If another transaction holds that key, or somebody has changed it since the snapshot, the answer
 * is WriteConflict at once: a transaction never waits.
 */
export class Transaction {
  readonly scope: WriteScope;
  /** Resolves when it has been committed or aborted and its locks are free. */
  readonly ended: Promise<void>;
  /** The cursors it opened; they end with it. */
  readonly cursors = new Set<bigint>();
  /** In the log of changes. */
  readonly begunAt: number;
  private readonly overlay = new Overlay();
  private readonly catalog: TransactionCatalog;
  private readonly snapshot: Snapshot;
  private bytes = 0;
  private end!: () => void;

  constructor(
    private readonly around: Surroundings,
    /** When it is aborted if it is still open, by the store's clock. */
    readonly expiresAt: number,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.snapshot = around.store.snapshot();
    this.begunAt = around.changes.now;
    const view = new OverlayView(this.snapshot.view, () => this.overlay) as OverlayView & WriteView;
    view.put = (key, value) => {
      this.grow(key.length + value.length);
      this.claim(key);
      this.overlay.put(key, value);
    };
    view.remove = (key) => {
      this.grow(key.length);
      this.claim(key);
      this.overlay.remove(key);
    };
    this.catalog = new TransactionCatalog(around.catalog, view);
    this.scope = new WriteScope(view, this.catalog, () => undefined);
  }

  /** Has it read or written the collection? */
  touches(ns: string): boolean {
    return this.catalog.touched.has(ns);
  }

  get wrote(): boolean {
    return this.overlay.size > 0;
  }

  /** Plans all its writes for the next commit. They cannot fail: every key is locked. */
  commit(): void {
    this.overlay.writeTo(this.around.planned);
    this.catalog.commit();
    this.close();
  }

  /** Forgets its writes. */
  abort(): void {
    this.close();
  }

  private close(): void {
    for (const key of this.overlay.keys()) this.around.locks.release(key);
    this.snapshot.release();
    this.end();
  }

  /** The last that can fail before the write: a lock without a write would stay for ever. */
  private claim(key: Buffer): void {
    const text = key.toString('latin1');
    const { locks, changes, planned } = this.around;
    const holder = locks.holderOf(text);
    if (holder === this) return;
    if (holder || changes.changedSince(text, this.begunAt)) throw writeConflict();
    if (!same(this.snapshot.view.get(key), planned.get(key))) throw writeConflict();
    locks.take(text, this);
  }

  private grow(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > MAX_BYTES) {
      throw new CommandError(ErrorCode.ExceededMemoryLimit, `a transaction may hold ${MAX_BYTES} bytes`);
    }
  }
}

function same(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

function writeConflict(): TransientError {
  return new TransientError(
    ErrorCode.WriteConflict,
    'Caused by :: Write conflict during plan execution and yielding is disabled. :: Please retry your operation or multi-document transaction.',
  );
}
