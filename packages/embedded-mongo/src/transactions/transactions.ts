import type { Catalog } from '../catalog/catalog.js';
import { ErrorCode } from '../errors.js';
import type { KvStore } from '../kv/store.js';
import type { Settings } from '../parameters.js';
import { WriteScope } from '../scope.js';
import { Attempt } from './attempt.js';
import { Blocked, KeyLocks } from './key-locks.js';
import { Transaction } from './transaction.js';
import { TransientError } from './transient-error.js';

/** Each open transaction pins a snapshot. */
const MAX_OPEN = 1000;

/** The open transactions, and how changes outside them get along with their locks. */
export class Transactions {
  private readonly open = new Set<Transaction>();
  private readonly locks = new KeyLocks();
  /** What changes outside transactions plan for the next commits. */
  private readonly writes: WriteScope;

  constructor(
    private readonly store: KvStore,
    private readonly catalog: Catalog,
    private readonly settings: Settings,
    private readonly now: () => number,
  ) {
    this.writes = new WriteScope(store.planned, catalog, this.assertUntouched);
  }

  get size(): number {
    return this.open.size;
  }

  begin(): Transaction {
    if (this.open.size >= MAX_OPEN) {
      throw new TransientError(ErrorCode.LockTimeout, `${MAX_OPEN} transactions are open`);
    }
    const expiresAt = this.now() + this.settings.transactionLifetimeLimitSeconds * 1000;
    const transaction = new Transaction(this.store, this.catalog, this.locks, expiresAt);
    this.open.add(transaction);
    void transaction.ended.then(() => this.open.delete(transaction));
    return transaction;
  }

  /**
   * Runs a change outside transactions. If it meets what a transaction holds it throws `Blocked` and has planned nothing;
   * otherwise all it did is planned for the next commit.
   */
  change<T>(run: (scope: WriteScope) => T): T {
    if (this.locks.size === 0) return run(this.writes);
    const attempt = new Attempt(this.store, this.catalog, this.locks, this.assertUntouched);
    const result = run(attempt.scope);
    attempt.apply();
    return result;
  }

  /** Throws `Blocked` while an open transaction uses the collection: it must not be dropped or changed meanwhile. */
  readonly assertUntouched = (ns: string): void => {
    for (const transaction of this.open) if (transaction.touches(ns)) throw new Blocked(transaction.ended);
  };
}
