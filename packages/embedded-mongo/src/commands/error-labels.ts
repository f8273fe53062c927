import type { BsonWriter } from '../bson/writer.js';
import { ErrorCode, RetryableCode } from '../errors.js';
import type { Request } from './request.js';

const RETRYABLE = new Set<number>(Object.values(RetryableCode));
/** Codes after which a driver may run the whole transaction again, beside the retryable ones. */
const TRANSIENT = new Set<number>([
  ErrorCode.LockTimeout,
  ErrorCode.WriteConflict,
  ErrorCode.SnapshotUnavailable,
  ErrorCode.PreparedTransactionInProgress,
]);
const ENDS_TRANSACTION = new Set(['commitTransaction', 'abortTransaction']);

/** The labels that a replica set member adds to an error, or to the write concern error of a command that succeeded. */
export function errorLabels(request: Request, code: number, isWriteConcern = false): readonly string[] {
  const ends = ENDS_TRANSACTION.has(request.name);
  const inTransaction = request.get('autocommit') !== undefined;
  if (inTransaction && !isWriteConcern) {
    const noTransaction = code === ErrorCode.NoSuchTransaction;
    if (TRANSIENT.has(code) || noTransaction || (!ends && RETRYABLE.has(code)))
      return ['TransientTransactionError'];
  }
  const retryable = ends || (!inTransaction && request.get('txnNumber') !== undefined);
  return retryable && RETRYABLE.has(code) ? ['RetryableWriteError'] : [];
}

export function writeErrorLabels(reply: BsonWriter, labels: readonly string[]): void {
  if (labels.length === 0) return;
  const list = reply.beginArray('errorLabels');
  labels.forEach((label, i) => reply.string(String(i), label));
  reply.end(list);
}
