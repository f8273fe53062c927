import { T, typeName } from '../bson/types.js';
import { findByName, isTruthy, readLong, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, typeMismatch } from '../errors.js';
import type { Request } from '../commands/request.js';

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

/** `{id: UUID}` and nothing else, byte by byte: what drivers send with every command. */
function isUsual({ type, buf, start, end }: Value): boolean {
  return (
    type === T.object &&
    end - start === 30 &&
    buf[start + 4] === T.binary &&
    buf[start + 5] === 0x69 &&
    buf[start + 6] === 0x64 &&
    buf[start + 7] === 0 &&
    buf[start + 8] === 16 &&
    buf[start + 12] === 4
  );
}

/** The id of `lsid` as latin1 text. Throws unless it holds a UUID. */
export function sessionIdOf(lsid: Value): string {
  if (isUsual(lsid)) return lsid.buf.toString('latin1', lsid.start + 13, lsid.end - 1);
  if (lsid.type !== T.object) {
    throw typeMismatch(
      `BSON field 'OperationSessionInfo.lsid' is the wrong type '${typeName(lsid.type)}', expected type 'object'`,
    );
  }
  const id = findByName(lsid, 'id');
  if (!id) throw new CommandError(40414, "BSON field 'lsid.id' is missing but a required field");
  if (id.type !== T.binary || id.end - id.start !== 21 || id.buf[id.start + 4] !== 4) {
    throw typeMismatch("BSON field 'lsid.id' is the wrong type, expected a UUID");
  }
  const uid = findByName(lsid, 'uid');
  const user = uid?.type === T.binary ? uid.buf.toString('latin1', uid.start + 5, uid.end) : '';
  return id.buf.toString('latin1', id.start + 5, id.end) + user;
}

/** Null for a command that is neither a retryable write nor part of a transaction. Throws on combinations MongoDB refuses. */
export function sessionArgs(request: Request): SessionArgs | null {
  const lsid = request.get('lsid');
  const number = request.get('txnNumber');
  const session = lsid && (number || !isUsual(lsid)) ? sessionIdOf(lsid) : undefined;
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
