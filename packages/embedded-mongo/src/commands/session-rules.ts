import { findByName, isTruthy, readNumber } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { SessionArgs } from '../sessions/session-args.js';
import type { Request } from './request.js';

/** They end a transaction and are not part of it. */
export const CONTROLS: ReadonlySet<string> = new Set(['commitTransaction', 'abortTransaction']);

const IN_TRANSACTIONS = new Set(
  `aggregate create createIndexes delete distinct find findAndModify findandmodify getMore insert killCursors update`.split(
    ' ',
  ),
);
const RETRYABLE = new Set(['insert', 'update', 'delete', 'findAndModify', 'findandmodify']);

function invalid(message: string): CommandError {
  return new CommandError(ErrorCode.InvalidOptions, message);
}

/** Throws for a command, a database or an option that MongoDB does not allow within a transaction. */
export function assertInTransaction(request: Request, session: SessionArgs): void {
  const { name, db } = request;
  if (!IN_TRANSACTIONS.has(name)) {
    throw new CommandError(
      ErrorCode.OperationNotSupportedInTransaction,
      `Cannot run '${name}' in a multi-document transaction.`,
    );
  }
  if ((db === 'admin' || db === 'config' || db === 'local') && name !== 'getMore' && name !== 'killCursors') {
    throw new CommandError(
      ErrorCode.OperationNotSupportedInTransaction,
      `Cannot run command against the '${db}' database in a transaction.`,
    );
  }
  if (request.get('writeConcern')) {
    throw invalid('writeConcern is not allowed within a multi-statement transaction');
  }
  if (!session.start && request.get('readConcern')) {
    throw invalid('Only the first command in a transaction may specify a readConcern');
  }
}

/** Throws for a command with a `txnNumber` that MongoDB does not repeat. */
export function assertRetryable(request: Request): void {
  const { name } = request;
  if (!RETRYABLE.has(name)) {
    throw new CommandError(
      50768,
      `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${name} is not a retryable write command.`,
    );
  }
  if (name === 'update' && request.list('updates').some((one) => isTruthy(findByName(one, 'multi')))) {
    throw invalid('Cannot use (or request) retryable writes with multi=true');
  }
  if (name === 'delete' && request.list('deletes').some((one) => limitOf(one) === 0)) {
    throw invalid('Cannot use (or request) retryable writes with limit=0');
  }
}

function limitOf(statement: Parameters<typeof findByName>[0]): number | undefined {
  const limit = findByName(statement, 'limit');
  return limit && readNumber(limit);
}
