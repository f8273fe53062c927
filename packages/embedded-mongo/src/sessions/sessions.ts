import { ErrorCode, CommandError } from '../errors.js';
import type { KvStore } from '../kv/store.js';
import type { Transaction } from '../transactions/transaction.js';
import type { Transactions } from '../transactions/transactions.js';
import { TransientError } from '../transactions/transient-error.js';
import { putRetryRecord, recordedReply, removeRetryRecord, retryRecords } from './retry-records.js';
import type { SessionArgs } from './session-args.js';

/** MongoDB's `logicalSessionTimeoutMinutes`. */
export const SESSION_MINUTES = 30;

interface Session {
  readonly id: string;
  usedAt: number;
  /** The last retryable write or transaction. */
  txnNumber: bigint;
  /** The reply of what is `written` lies in the store. */
  state: 'none' | 'written' | 'open' | 'committed' | 'aborted';
  transaction?: Transaction;
}

/** A retryable write about to run, or done before. */
export interface RetryableWrite {
  /** The reply of its first run: it is not run again. */
  readonly answered: Buffer | undefined;
  /** Keeps its reply, in the same commit as what it wrote. */
  record(reply: Buffer): void;
}

/** What each session did last: its open transaction, or the outcome that a retry is answered with, also after a crash. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly store: KvStore,
    private readonly transactions: Transactions,
    private readonly now: () => number,
  ) {
    for (const [id, record] of retryRecords(store.committed)) this.sessions.set(id, { id, ...record });
  }

  /** Begins or repeats a retryable write. */
  write({ session: id, txnNumber }: SessionArgs): RetryableWrite {
    const session = this.use(id);
    if (txnNumber < session.txnNumber) throw tooOld(session, txnNumber, 'Retryable write');
    if (txnNumber > session.txnNumber) this.advance(session, txnNumber, 'none');
    else if (session.state !== 'written' && session.state !== 'none') {
      throw new CommandError(
        ErrorCode.IncompleteTransactionHistory,
        `Cannot retry a retryable write that has been converted into a transaction: ${txnNumber}`,
      );
    }
    return {
      answered: session.state === 'written' ? recordedReply(this.store.planned, id) : undefined,
      record: (reply) => {
        session.state = 'written';
        putRetryRecord(this.store.planned, id, {
          txnNumber,
          state: 'written',
          reply,
          usedAt: session.usedAt,
        });
      },
    };
  }

  /** The transaction that a command belongs to, begun if the command starts one. */
  transaction(args: SessionArgs): Transaction {
    const { txnNumber } = args;
    const session = this.use(args.session);
    if (txnNumber < session.txnNumber) throw tooOld(session, txnNumber, 'Transaction');
    if (args.start) {
      if (txnNumber === session.txnNumber) {
        throw new CommandError(
          ErrorCode.ConflictingOperationInProgress,
          `Only servers in a sharded cluster can start a new transaction at the active transaction number ${txnNumber}`,
        );
      }
      this.advance(session, txnNumber, 'open');
      session.transaction = this.transactions.begin();
      return session.transaction;
    }
    if (txnNumber > session.txnNumber) throw unknown(session, txnNumber);
    if (session.transaction) return session.transaction;
    if (session.state === 'committed') throw committed(txnNumber);
    throw aborted(txnNumber);
  }

  /** Commits, or tells of an earlier commit. What it wrote is planned, with the record that answers a retry. */
  commit({ session: id, txnNumber }: SessionArgs): void {
    const session = this.use(id);
    if (txnNumber < session.txnNumber) throw tooOld(session, txnNumber, 'Transaction');
    if (txnNumber > session.txnNumber) throw unknown(session, txnNumber);
    const { transaction } = session;
    if (!transaction) {
      if (session.state === 'committed') return;
      throw aborted(txnNumber);
    }
    if (transaction.wrote) {
      putRetryRecord(this.store.planned, id, { txnNumber, state: 'committed', usedAt: session.usedAt });
    }
    transaction.commit();
    session.transaction = undefined;
    session.state = 'committed';
  }

  abort({ session: id, txnNumber }: SessionArgs): void {
    const session = this.use(id);
    if (txnNumber < session.txnNumber) throw tooOld(session, txnNumber, 'Transaction');
    if (txnNumber > session.txnNumber) throw unknown(session, txnNumber);
    if (session.state === 'committed') throw committed(txnNumber);
    if (!session.transaction) throw aborted(txnNumber);
    abortIn(session);
  }

  /** A command of the transaction failed: nothing of it remains. */
  fail({ session: id, txnNumber }: SessionArgs): void {
    const session = this.sessions.get(id);
    if (session?.txnNumber === txnNumber) abortIn(session);
  }

  /** Ends a session: its transaction is aborted, its last reply forgotten. */
  end(id: string): void {
    const session = this.sessions.get(id);
    if (!session) return;
    abortIn(session);
    this.sessions.delete(id);
    removeRetryRecord(this.store.planned, id);
  }

  endAll(): void {
    for (const id of [...this.sessions.keys()]) this.end(id);
  }

  refresh(id: string): void {
    const session = this.sessions.get(id);
    if (session) session.usedAt = this.now();
  }

  /** Aborts transactions that have outlived their time and forgets sessions that nobody uses. */
  expire(): void {
    const now = this.now();
    for (const session of this.sessions.values()) {
      if (session.transaction && session.transaction.expiresAt <= now) abortIn(session);
      if (session.usedAt < now - SESSION_MINUTES * 60_000) this.end(session.id);
    }
  }

  /** Gives all snapshots back. */
  close(): void {
    for (const session of this.sessions.values()) abortIn(session);
  }

  private use(id: string): Session {
    let session = this.sessions.get(id);
    if (!session) {
      session = { id, usedAt: 0, txnNumber: -1n, state: 'none' };
      this.sessions.set(id, session);
    }
    session.usedAt = this.now();
    return session;
  }

  private advance(session: Session, txnNumber: bigint, state: Session['state']): void {
    abortIn(session);
    session.txnNumber = txnNumber;
    session.state = state;
  }
}

function abortIn(session: Session): void {
  session.transaction?.abort();
  if (session.transaction) session.state = 'aborted';
  session.transaction = undefined;
}

function tooOld(session: Session, txnNumber: bigint, what: string): CommandError {
  return new CommandError(
    ErrorCode.TransactionTooOld,
    `${what} with txnNumber ${txnNumber} is prohibited because a newer retryable write or transaction with txnNumber ${session.txnNumber} has already started on this session.`,
  );
}

function unknown(session: Session, txnNumber: bigint): TransientError {
  return new TransientError(
    ErrorCode.NoSuchTransaction,
    `Given transaction number ${txnNumber} does not match any in-progress transactions. The active transaction number is ${session.txnNumber}`,
  );
}

function aborted(txnNumber: bigint): TransientError {
  return new TransientError(
    ErrorCode.NoSuchTransaction,
    `Transaction with { txnNumber: ${txnNumber} } has been aborted.`,
  );
}

function committed(txnNumber: bigint): CommandError {
  return new CommandError(
    ErrorCode.TransactionCommitted,
    `Transaction with { txnNumber: ${txnNumber} } has been committed.`,
  );
}
