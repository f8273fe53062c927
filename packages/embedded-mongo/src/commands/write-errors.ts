import type { BsonWriter } from '../bson/writer.js';
import { DuplicateKeyError } from '../catalog/records.js';
import { CommandError } from '../errors.js';
import { TransientError } from '../transactions/transient-error.js';

/** A failed statement of a write command. */
export interface WriteError {
  readonly index: number;
  readonly error: CommandError;
}

/**
 * Runs the statements of a write command, each in full or not at all. Ordered: ends at the first failure, what came before
 * stays. Unordered: all are tried.
 */
export function runStatements<S>(
  statements: readonly S[],
  ordered: boolean,
  run: (statement: S, index: number) => void,
): WriteError[] {
  const errors: WriteError[] = [];
  for (let index = 0; index < statements.length; index++) {
    try {
      run(statements[index]!, index);
    } catch (error) {
      // What ends the whole transaction is the command's own error.
      if (!(error instanceof CommandError) || error instanceof TransientError) throw error;
      errors.push({ index, error });
      if (ordered) break;
    }
  }
  return errors;
}

/** Bytes of errors after which the others are told by index and code alone: a reply must fit into a message. */
const MAX_DETAILS = 1024 * 1024;

export function writeWriteErrors(reply: BsonWriter, errors: readonly WriteError[]): void {
  if (errors.length === 0) return;
  const list = reply.beginArray('writeErrors');
  const start = reply.length;
  errors.forEach(({ index, error }, i) => {
    const entry = reply.beginObject(String(i));
    reply.int('index', index);
    reply.int('code', error.code);
    const brief = reply.length - start > MAX_DETAILS;
    if (!brief) writeDuplicate(reply, error);
    reply.string('errmsg', brief ? '' : error.message);
    reply.end(entry);
  });
  reply.end(list);
}

/** Which key was there already, as the drivers show it. */
export function writeDuplicate(reply: BsonWriter, error: CommandError): void {
  if (!(error instanceof DuplicateKeyError)) return;
  reply.document('keyPattern', error.keyPattern);
  reply.document('keyValue', error.keyValue);
}
