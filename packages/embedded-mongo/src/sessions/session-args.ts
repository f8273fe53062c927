import { T, typeName } from '../bson/types.js';
import { isTruthy, readLong, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, typeMismatch } from '../errors.js';
import { isUsualSession, sessionIdOf } from './session-id.js';

/** The fields by which a command says to which session, retryable write or transaction it belongs. */
export interface SessionArgs {
  /** The session's id as latin1 text. */
  readonly session: string;
  /** Counts the retryable writes and transactions of the session. */
  readonly txnNumber: bigint;
  /** It belongs to a transaction; else it is a retryable write. */
  readonly transaction: boolean;
  readonly start: boolean;
}

function invalid(message: string): CommandError {
  return new CommandError(ErrorCode.InvalidOptions, message);
}

/** The fields of a command. */
interface CommandArgs {
  get(name: string): Value | undefined;
}

/** Null for a command that is neither a retryable write nor part of a transaction. Throws on combinations MongoDB refuses. */
export function sessionArgs(request: CommandArgs): SessionArgs | null {
  const lsid = request.get('lsid');
  const number = request.get('txnNumber');
  const session = lsid && (number || !isUsualSession(lsid)) ? sessionIdOf(lsid) : undefined;
  const autocommit = request.get('autocommit');
  const start = request.get('startTransaction');
  if (!number) {
    if (autocommit) throw invalid("'autocommit' field requires a transaction number to also be specified");
    if (start) throw invalid("'startTransaction' field requires 'autocommit' field to also be specified");
    return null;
  }
  if (number.type !== T.long) {
    throw typeMismatch(
      `BSON field 'OperationSessionInfo.txnNumber' is the wrong type '${typeName(number.type)}', expected type 'long'`,
    );
  }
  if (session === undefined) throw invalid('Transaction number requires a session ID to also be specified');
  if (readLong(number) < 0n) throw invalid('Transaction number cannot be negative');
  if (start && !autocommit)
    throw invalid("'startTransaction' field requires 'autocommit' field to also be specified");
  if (autocommit && isTruthy(autocommit)) throw invalid('Specifying autocommit=true is not allowed.');
  if (start && !isTruthy(start)) throw invalid('Specifying startTransaction=false is not allowed.');
  return {
    session,
    txnNumber: readLong(number),
    transaction: autocommit !== undefined,
    start: start !== undefined,
  };
}
