import { isNumber, T } from '../bson/types.js';
import { findByName, numberOf, objectValue, readString, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { codeNameOf, CommandError, ErrorCode } from '../errors.js';
import type { Command, Request } from './request.js';

const MAX_NODES = 50;

/** Throws for a write concern that says nothing sensible, or to a command that has none. */
export function checkWriteConcern(request: Request, command: Command, concern: Value): void {
  if (!command.writes && !['aggregate', 'explain'].includes(request.name)) {
    throw new CommandError(ErrorCode.InvalidOptions, `Command ${request.name} does not support writeConcern`);
  }
  const w = findByName(concern, 'w');
  if (!w || w.type === T.string) return;
  if (!isNumber(w.type))
    throw new CommandError(ErrorCode.FailedToParse, 'w has to be a number, string, or object');
  const nodes = numberOf(w);
  if (!(nodes >= 0 && nodes <= MAX_NODES)) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      `w has to be a non-negative number and not greater than ${MAX_NODES}; found: ${nodes}`,
    );
  }
}

/**
 * The write concern error of a command that has run: every acknowledged write is on disk, so `majority` and `j` always hold;
 * more members than the one never do.
 */
export function unmetWriteConcern(request: Request): Value | undefined {
  const concern = request.object('writeConcern');
  const w = concern && findByName(concern, 'w');
  if (!w) return undefined;
  if (w.type !== T.string) {
    if (numberOf(w) <= 1) return undefined;
    return writeConcernError(ErrorCode.UnsatisfiableWriteConcern, 'Not enough data-bearing nodes', concern);
  }
  const mode = readString(w);
  if (mode === 'majority') return undefined;
  return writeConcernError(
    ErrorCode.UnknownReplWriteConcern,
    `No write concern mode named '${mode}' found in replica set configuration`,
    concern,
  );
}

function writeConcernError(code: number, message: string, concern: Value): Value {
  const doc = buildDocument((writer) => {
    writer.int('code', code);
    writer.string('codeName', codeNameOf(code));
    writer.string('errmsg', message);
    const info = writer.beginObject('errInfo');
    const given = writer.beginObject('writeConcern');
    writer.elementsOf(concern.buf, concern.start);
    if (!findByName(concern, 'wtimeout')) writer.int('wtimeout', 0);
    writer.string('provenance', 'clientSupplied');
    writer.end(given);
    writer.end(info);
  });
  return objectValue(doc);
}
