import { isNumber, T } from '../bson/types.js';
import {
  fieldName,
  findByName,
  findField,
  isTruthy,
  readNumber,
  readString,
  type Value,
} from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import type { Engine } from '../engine.js';
import { badValue, codeNameOf, CommandError, ErrorCode, unsupported } from '../errors.js';
import * as admin from './admin.js';
import { aggregate } from '../aggregate/aggregate.js';
import * as collections from './collections.js';
import { errorLabels, writeErrorLabels } from './error-labels.js';
import { configureFailPoint, type Fault } from './fail-point.js';
import * as find from './find.js';
import { findAndModify } from './find-and-modify.js';
import * as indexes from './indexes.js';
import { explain } from './explain.js';
import { sessionArgs, type SessionArgs } from '../sessions/session-args.js';
import { Blocked } from '../transactions/key-locks.js';
import type { Command, Request } from './request.js';
import { assertInTransaction, assertRetryable, CONTROLS } from './session-rules.js';
import * as sessions from './sessions.js';
import * as write from './write.js';
import { writeDuplicate } from './write-errors.js';

/** Everything the store answers to. What is not here is CommandNotFound. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>(
  Object.entries({
    hello: admin.hello,
    isMaster: admin.hello,
    ismaster: admin.hello,
    ping: admin.acknowledge,
    buildInfo: admin.buildInfo,
    buildinfo: admin.buildInfo,
    connectionStatus: admin.connectionStatus,
    getParameter: admin.getParameter,
    hostInfo: admin.hostInfo,
    getCmdLineOpts: admin.getCmdLineOpts,
    getLog: admin.getLog,
    serverStatus: admin.serverStatus,
    dbStats: admin.dbStats,
    dbstats: admin.dbStats,
    startSession: sessions.startSession,
    endSessions: sessions.endSessions,
    killSessions: sessions.killSessions,
    killAllSessions: sessions.killAllSessions,
    refreshSessions: sessions.refreshSessions,
    commitTransaction: sessions.commitTransaction,
    abortTransaction: sessions.abortTransaction,
    insert: write.insert,
    update: write.update,
    delete: write.remove,
    findAndModify,
    findandmodify: findAndModify,
    find: find.find,
    getMore: find.getMore,
    killCursors: find.killCursors,
    count: find.count,
    distinct: find.distinct,
    aggregate,
    explain,
    configureFailPoint,
    create: collections.create,
    drop: collections.drop,
    dropDatabase: collections.dropDatabase,
    listCollections: collections.listCollections,
    listDatabases: collections.listDatabases,
    collStats: collections.collStats,
    collstats: collections.collStats,
    createIndexes: indexes.createIndexes,
    dropIndexes: indexes.dropIndexes,
    deleteIndexes: indexes.dropIndexes,
    listIndexes: indexes.listIndexes,
  }),
);

/** Fields that every command may carry and that change nothing here. */
const GENERIC = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'txnNumber',
  'startTransaction',
  'autocommit',
  '$comment',
  'maxTimeMSOpOnly',
  '$client',
]);

/** The reply to a command, or what must happen before it can be run (again). */
export type Answer =
  | {
      /** The whole reply document. */
      readonly doc: Buffer;
      /** Send the reply only after this: the writes it tells of are not on disk yet. */
      readonly settled: Promise<void> | null;
    }
  | { readonly blocked: Promise<void> };

const WRITE_ERRORS = fieldName('writeErrors');
const writer = new BsonWriter(64 * 1024);

/** Runs one command to its end and builds its reply. Throws only what is a defect of the store. */
export function dispatch(engine: Engine, request: Request, fault?: Fault): Answer {
  const command = COMMANDS.get(request.name);
  let session: SessionArgs | null = null;
  let doc: Buffer;
  try {
    if (!command) {
      throw new CommandError(ErrorCode.CommandNotFound, `no such command: '${request.name}'`);
    }
    if (request.deadline !== undefined && performance.now() >= request.deadline) {
      throw new CommandError(ErrorCode.MaxTimeMSExpired, 'operation exceeded time limit');
    }
    if (fault?.code !== undefined)
      throw new CommandError(fault.code, "Failing command via 'failCommand' failpoint");
    session = sessionArgs(request);
    checkFields(request, command, session);
    doc = run(engine, request, command, session);
    if (fault?.writeConcernError) doc = withWriteConcernError(doc, request, fault);
  } catch (error) {
    if (error instanceof Blocked) return { blocked: withinTime(request, error.until) };
    if (session?.transaction) engine.sessions.fail(session);
    doc = errorReply(error, request, fault?.labels);
  }
  return { doc, settled: command?.writes ? engine.store.settled() : null };
}

/** A command waits for a transaction no longer than its `maxTimeMS`. */
function withinTime(request: Request, until: Promise<void>): Promise<void> {
  const limit = request.integer('maxTimeMS');
  if (!limit) return until;
  request.deadline ??= performance.now() + limit;
  let timer: NodeJS.Timeout;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, request.deadline! - performance.now());
  });
  return Promise.race([until, late]).finally(() => clearTimeout(timer));
}

function run(engine: Engine, request: Request, command: Command, session: SessionArgs | null): Buffer {
  engine.cursors.owner = { lsid: request.get('lsid'), txnNumber: undefined, transaction: undefined };
  if (!session || CONTROLS.has(request.name)) return runAlone(engine, request, command);
  if (session.transaction) return runInTransaction(engine, request, command, session);
  assertRetryable(request);
  const write = engine.sessions.write(session);
  if (write.answered) return write.answered;
  const doc = runAlone(engine, request, command);
  write.record(doc);
  return doc;
}

function runAlone(engine: Engine, request: Request, command: Command): Buffer {
  if (!command.writes) {
    return reply(engine, request, () => command.run({ engine, scope: engine.reads, request, reply: writer }));
  }
  return engine.transactions.change((scope) =>
    reply(engine, request, () => command.run({ engine, scope, request, reply: writer })),
  );
}

function runInTransaction(engine: Engine, request: Request, command: Command, session: SessionArgs): Buffer {
  assertInTransaction(request, session);
  const transaction = engine.sessions.transaction(session);
  const { scope } = transaction;
  Object.assign(engine.cursors.owner, { txnNumber: session.txnNumber, transaction });
  const doc = reply(engine, request, () => command.run({ engine, scope, request, reply: writer }));
  if (findField(doc, 0, WRITE_ERRORS)) engine.sessions.fail(session);
  return doc;
}

function reply(engine: Engine, request: Request, write: () => void): Buffer {
  writer.reset();
  const mark = writer.begin();
  write();
  writer.double('ok', 1);
  if (request.get('lsid')) writer.value('operationTime', engine.operationTime());
  writer.end(mark);
  return writer.bytes();
}

function checkFields(request: Request, command: Command, session: SessionArgs | null): void {
  for (const name of request.fieldNames()) {
    if (name === request.name || GENERIC.has(name) || command.fields?.includes(name)) continue;
    if (command.refused?.includes(name)) {
      const value = request.get(name);
      if (value && (isTruthy(value) || value.type === T.object)) {
        throw unsupported(`the option ${name} of ${request.name}`);
      }
      continue;
    }
    throw new CommandError(40415, `BSON field '${request.name}.${name}' is an unknown field.`);
  }
  const concern = request.get('readConcern');
  if (concern?.type === T.object) checkReadConcern(concern, session);
  const durability = command.writes ? request.get('writeConcern') : undefined;
  if (durability?.type === T.object) checkWriteConcern(durability);
}

/** Every acknowledged write is on disk, so `majority` and `j` always hold; more members than one never do. */
function checkWriteConcern(concern: Value): void {
  const w = findByName(concern, 'w');
  if (!w) return;
  if (isNumber(w.type) ? readNumber(w) > 1 : w.type !== T.string || readString(w) !== 'majority') {
    throw badValue("cannot use non-majority 'w' mode or 'w' > 1 when a host is not replicated");
  }
}

function checkReadConcern(concern: Value, session: SessionArgs | null): void {
  const level = findByName(concern, 'level');
  const name = level?.type === T.string ? readString(level) : 'local';
  if (session?.transaction) {
    if (['local', 'majority', 'snapshot'].includes(name)) return;
    throw new CommandError(
      ErrorCode.InvalidOptions,
      `The readConcern level must be either 'local' (default), 'majority' or 'snapshot' in order to run in a transaction`,
    );
  }
  if (!['local', 'majority', 'available', 'linearizable'].includes(name))
    throw unsupported(`read concern ${name}`);
}

/** Adds the write concern error that a fail point made up. */
function withWriteConcernError(doc: Buffer, request: Request, fault: Fault): Buffer {
  const code = findByName(fault.writeConcernError!, 'code');
  writer.reset();
  const mark = writer.begin();
  writer.elementsOf(doc, 0);
  writer.value('writeConcernError', fault.writeConcernError!);
  writeErrorLabels(writer, fault.labels ?? errorLabels(request, code ? readNumber(code) : 0, true));
  writer.end(mark);
  return writer.bytes();
}

function errorReply(error: unknown, request: Request, labels?: readonly string[]): Buffer {
  const known = error instanceof CommandError ? error : undefined;
  const code = known?.code ?? ErrorCode.InternalError;
  writer.reset();
  const mark = writer.begin();
  writer.double('ok', 0);
  writer.string('errmsg', error instanceof Error ? error.message : String(error));
  writer.int('code', code);
  writer.string('codeName', codeNameOf(code));
  if (known) writeDuplicate(writer, known);
  writeErrorLabels(writer, labels ?? errorLabels(request, code));
  writer.end(mark);
  return writer.bytes();
}
