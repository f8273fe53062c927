import type { Catalog } from '../catalog/catalog.js';
import type { WriteView } from '../catalog/records.js';
import { ErrorCode } from '../errors.js';
import type { KvStore } from '../kv/store.js';
import type { Settings } from '../parameters.js';
import { WriteScope } from '../scope.js';
import { Attempt } from './attempt.js';
import { ChangeLog } from './change-log.js';
import { Blocked, KeyLocks } from './key-locks.js';
import { Transaction } from './transaction.js';
import { TransientError } from './transient-error.js';

/** Each open transaction pins a snapshot. */
const MAX_OPEN = 1000;

/** The open transactions, and how changes outside them get along with their locks. */
export class Transactions {
  private readonly open = new Set<Transaction>();
  private readonly locks = new KeyLocks();
  private readonly changes = new ChangeLog();
  /** The store's plan; what is written over is noted. */
  private readonly planned: WriteView;
  /** What changes outside transactions plan for the next commits. */
  private readonly writes: WriteScope;

  constructor(
    private readonly store: KvStore,
    private readonly catalog: Catalog,
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {
    const { planned } = store;
    this.planned = {
      get: (key) => planned.get(key),
      peek: (key) => planned.peek(key),
      range: (range) => planned.range(range),
      count: (start, end) => planned.count(start, end),
      put: (key, value) => {
        this.note(key);
        planned.put(key, value);
      },
      remove: (key) => {
        this.note(key);
        planned.remove(key);
      },
    };
    this.writes = new WriteScope(this.planned, catalog, this.assertUntouched);
  }

  get size(): number {
    return this.open.size;
  }

  /** Has any of them written what is not committed? */
  get holdsLocks(): boolean {
    return this.locks.size > 0;
  }

  begin(): Transaction {
    if (this.open.size >= MAX_OPEN) {
      throw new TransientError(ErrorCode.LockTimeout, `${MAX_OPEN} transactions are open`);
    }
    const expiresAt = this.now() + this.settings.transactionLifetimeLimitSeconds * 1000;
    const { store, planned, catalog, locks, changes } = this;
    const transaction = new Transaction({ store, planned, catalog, locks, changes }, expiresAt);
    this.open.add(transaction);
    void transaction.ended.then(() => {
      this.open.delete(transaction);
      const [oldest] = this.open;
      changes.forget(oldest ? oldest.begunAt : changes.now);
    });
    return transaction;
  }

  /**
   * Runs a change outside transactions. If it meets what a transaction holds it throws `Blocked` and has planned nothing;
   * otherwise all it did is planned for the next commit.
   */
  change<T>(run: (scope: WriteScope) => T): T {
    if (!this.holdsLocks) return run(this.writes);
    const attempt = new Attempt(this.planned, this.catalog, this.locks, this.assertUntouched);
    const result = run(attempt.scope);
    attempt.apply();
    return result;
  }

  private note(key: Buffer): void {
    if (this.open.size > 0 && this.store.planned.get(key)) this.changes.note(key.toString('latin1'));
  }

  /** Throws `Blocked` while an open transaction uses the collection: it must not be dropped or changed meanwhile. */
  readonly assertUntouched = (ns: string): void => {
    for (const transaction of this.open) if (transaction.touches(ns)) throw new Blocked(transaction.ended);
  };
}
