/** MongoDB's error codes that this store can answer with. */
export const ErrorCode = {
  InternalError: 1,
  BadValue: 2,
  UnknownError: 8,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  IllegalOperation: 20,
  LockTimeout: 24,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  CannotBackfillArray: 34,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  WriteConcernFailed: 64,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  UnknownReplWriteConcern: 79,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  OperationFailed: 96,
  UnsatisfiableWriteConcern: 100,
  NotExactValueField: 111,
  WriteConflict: 112,
  CommandNotSupported: 115,
  ConflictingOperationInProgress: 117,
  DocumentValidationFailure: 121,
  CommandFailed: 125,
  ExceededMemoryLimit: 146,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  QueryPlanKilled: 175,
  AmbiguousIndexKeyPattern: 181,
  InvalidIndexSpecificationOption: 197,
  IncompleteTransactionHistory: 217,
  QueryFeatureNotAllowed: 224,
  TransactionTooOld: 225,
  NotImplemented: 238,
  ConversionFailure: 241,
  SnapshotUnavailable: 246,
  NoSuchTransaction: 251,
  TransactionCommitted: 256,
  OperationNotSupportedInTransaction: 263,
  PreparedTransactionInProgress: 267,
  UnsatisfiableCommitQuorum: 278,
  MemoryLimit: 292,
  MaxSubPipelineDepthExceeded: 311,
  APIVersionError: 322,
  APIStrictError: 323,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  Interrupted: 11601,
  KeyTooLong: 17280,
} as const;

/** Codes after which a driver may send the same command again. Here only a fail point answers with them. */
export const RetryableCode = {
  HostUnreachable: 6,
  HostNotFound: 7,
  NetworkTimeout: 89,
  ShutdownInProgress: 91,
  ReadConcernMajorityNotAvailableYet: 134,
  PrimarySteppedDown: 189,
  ExceededTimeLimit: 262,
  SocketException: 9001,
  NotWritablePrimary: 10107,
  InterruptedAtShutdown: 11600,
  InterruptedDueToReplStateChange: 11602,
  NotPrimaryNoSecondaryOk: 13435,
  NotPrimaryOrSecondary: 13436,
} as const;

const nameOf = new Map<number, string>(
  Object.entries({ ...ErrorCode, ...RetryableCode }).map(([name, code]) => [code, name]),
);
nameOf.set(ErrorCode.MemoryLimit, 'QueryExceededMemoryLimitNoDiskUseAllowed');

/** MongoDB's name of a code; `Location<code>` for the unnamed ones, as MongoDB does. */
export function codeNameOf(code: number): string {
  return nameOf.get(code) ?? `Location${code}`;
}

/** An error that is answered to the client with a MongoDB code; everything else is an internal error. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What MongoDB has and this store has not. The message names it. */
export function unsupported(what: string): CommandError {
  return new CommandError(ErrorCode.NotImplemented, `${what} is not supported by the embedded store`);
}

/** A request that MongoDB refuses too. */
export function badValue(message: string): CommandError {
  return new CommandError(ErrorCode.BadValue, message);
}

/** A field of the wrong type. */
export function typeMismatch(message: string): CommandError {
  return new CommandError(ErrorCode.TypeMismatch, message);
}
