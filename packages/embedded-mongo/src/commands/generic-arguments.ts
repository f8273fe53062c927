import { formatDocument } from '../bson/format.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { findByName, isTruthy, numberOf, readString, type Value } from '../bson/value.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import type { SessionArgs } from '../sessions/session-args.js';
import { assertDatabaseName, type Command, type Request } from './request.js';
import { checkWriteConcern } from './write-concern.js';

/** Fields that every command may carry. */
const GENERIC = new Set(
  `$db lsid $clusterTime $readPreference readConcern writeConcern maxTimeMS comment apiVersion apiStrict apiDeprecationErrors
   txnNumber startTransaction autocommit $comment maxTimeMSOpOnly $client`.split(/\s+/),
);

export function isGeneric(name: string): boolean {
  return GENERIC.has(name);
}

const invalid = (message: string) => new CommandError(ErrorCode.InvalidOptions, message);

/** Throws for a database, a field or a generic argument that MongoDB refuses or this store has not. */
export function checkArguments(request: Request, command: Command, session: SessionArgs | null): void {
  checkDatabase(request, command);
  for (const name of request.fieldNames()) {
    if (name === request.name || isGeneric(name) || command.anyField || command.fields?.includes(name))
      continue;
    if (!command.refused?.includes(name)) {
      throw new CommandError(40415, `BSON field '${request.name}.${name}' is an unknown field.`);
    }
    const value = request.get(name);
    if (!value || (!isTruthy(value) && value.type !== T.object)) continue;
    if (name === 'collation' && isSimple(value)) continue;
    throw unsupported(`the option ${name} of ${request.name}`);
  }
  maxTimeOf(request);
  checkApi(request);
  const concern = request.object('readConcern');
  if (concern) checkReadConcern(request, concern, session);
  const durability = request.object('writeConcern');
  if (durability) checkWriteConcern(request, command, durability);
}

function checkDatabase(request: Request, command: Command): void {
  const given = request.get('$db');
  if (!given && request.db === '') throw new CommandError(40571, 'OP_MSG requests require a $db argument');
  if (given && given.type !== T.string) {
    throw typeMismatch(
      `BSON field '${request.name}.$db' is the wrong type '${typeName(given.type)}', expected type 'string'`,
    );
  }
  assertDatabaseName(request.db);
  if (command.adminOnly && request.db !== 'admin') {
    throw new CommandError(
      ErrorCode.Unauthorized,
      `${request.name} may only be run against the admin database.`,
    );
  }
}

/** `{locale: 'simple'}` is the comparison by bytes that the store has anyway. */
function isSimple(collation: Value): boolean {
  const locale = collation.type === T.object ? findByName(collation, 'locale') : undefined;
  return locale?.type === T.string && readString(locale) === 'simple';
}

/** `maxTimeMS`; undefined without a limit. */
export function maxTimeOf(request: Request): number | undefined {
  const value = request.get('maxTimeMS');
  if (!value) return undefined;
  if (!isNumber(value.type)) throw badValue('maxTimeMS must be a number');
  const limit = numberOf(value);
  if (!(limit >= 0 && limit <= 0x7fffffff))
    throw badValue(`${limit} value for maxTimeMS is out of range [0, 2147483647]`);
  if (!Number.isInteger(limit)) throw badValue('maxTimeMS has non-integral value');
  return limit === 0 ? undefined : limit;
}

/** The commands of the Stable API, version 1. */
const API_1 = new Set(
  `abortTransaction aggregate authenticate collMod commitTransaction count create createIndexes delete drop dropDatabase
   dropIndexes endSessions explain find findAndModify getMore hello insert killCursors listCollections listDatabases listIndexes
   ping refreshSessions update`.split(/\s+/),
);

export function inApi1(command: string): boolean {
  return API_1.has(command);
}

function checkApi(request: Request): void {
  const version = request.string('apiVersion');
  for (const name of ['apiStrict', 'apiDeprecationErrors']) {
    const given = request.get(name);
    if (given && given.type !== T.bool) {
      throw typeMismatch(
        `BSON field '${name}' is the wrong type '${typeName(given.type)}', expected type 'bool'`,
      );
    }
    if (given && version === undefined) throw invalid(`Provided ${name} without passing apiVersion`);
  }
  if (version === undefined) return;
  if (version !== '1') throw new CommandError(ErrorCode.APIVersionError, 'API version must be "1"');
  if (request.bool('apiStrict') && !inApi1(request.name)) {
    throw new CommandError(
      ErrorCode.APIStrictError,
      `Provided apiStrict:true, but the command ${request.name} is not in API Version ${version}`,
    );
  }
}

const LEVELS = ['local', 'majority', 'available', 'linearizable', 'snapshot'];
const WITH_READ_CONCERN = new Set(['find', 'aggregate', 'count', 'distinct', 'getMore']);

function checkReadConcern(request: Request, concern: Value, session: SessionArgs | null): void {
  const given = findByName(concern, 'level');
  if (!given) return;
  if (given.type !== T.string) {
    throw typeMismatch(
      `BSON field 'readConcern.level' is the wrong type '${typeName(given.type)}', expected type 'string'`,
    );
  }
  const level = readString(given);
  if (!LEVELS.includes(level)) {
    throw badValue(`Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`);
  }
  if (session?.transaction || level === 'local') return;
  if (!WITH_READ_CONCERN.has(request.name)) {
    throw invalid(
      `Command ${request.name} does not support { readConcern: ${formatDocument(concern)} } :: caused by :: read concern not supported`,
    );
  }
  if (level === 'snapshot') throw unsupported('read concern snapshot outside a transaction');
}
