import { isNumber, T } from '../bson/types.js';
import { findByName, isTruthy, readNumber, readString, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import type { Engine } from '../engine.js';
import { badValue, codeNameOf, CommandError, ErrorCode, unsupported } from '../errors.js';
import * as admin from './admin.js';
import { aggregate } from '../aggregate/aggregate.js';
import * as collections from './collections.js';
import * as find from './find.js';
import { findAndModify } from './find-and-modify.js';
import * as indexes from './indexes.js';
import { explain } from './explain.js';
import type { Command, Request } from './request.js';
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
    endSessions: admin.acknowledge,
    killSessions: admin.acknowledge,
    refreshSessions: admin.acknowledge,
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
  'autocommit',
  '$comment',
  'maxTimeMSOpOnly',
  '$client',
]);

export interface Answer {
  /** The whole reply document. */
  readonly doc: Buffer;
  /** Send the reply only after this: the writes it tells of are not on disk yet. */
  readonly settled: Promise<void> | null;
}

const writer = new BsonWriter(64 * 1024);

/** Runs one command to its end and builds its reply. Throws only what is a defect of the store. */
export function dispatch(engine: Engine, request: Request): Answer {
  const command = COMMANDS.get(request.name);
  let doc: Buffer;
  try {
    if (!command) {
      throw new CommandError(ErrorCode.CommandNotFound, `no such command: '${request.name}'`);
    }
    checkFields(request, command);
    writer.reset();
    const mark = writer.begin();
    if (command.writes) command.run({ engine, scope: engine.writes, request, reply: writer });
    else command.run({ engine, scope: engine.reads, request, reply: writer });
    writer.double('ok', 1);
    writer.end(mark);
    doc = writer.bytes();
  } catch (error) {
    doc = errorReply(error);
  }
  return { doc, settled: command?.writes ? engine.store.settled() : null };
}

function checkFields(request: Request, command: Command): void {
  for (const name of request.fieldNames()) {
    if (name === request.name || GENERIC.has(name) || command.fields?.includes(name)) continue;
    if (name === 'txnNumber' || name === 'startTransaction') {
      throw new CommandError(
        ErrorCode.IllegalOperation,
        'Transaction numbers are only allowed on a replica set member or mongos',
      );
    }
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
  if (concern?.type === T.object) checkReadConcern(concern);
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

function checkReadConcern(concern: Value): void {
  const level = findByName(concern, 'level');
  const name = level?.type === T.string ? readString(level) : 'local';
  if (!['local', 'majority', 'available', 'linearizable'].includes(name))
    throw unsupported(`read concern ${name}`);
}

function errorReply(error: unknown): Buffer {
  const known = error instanceof CommandError ? error : undefined;
  const code = known?.code ?? ErrorCode.InternalError;
  writer.reset();
  const mark = writer.begin();
  writer.double('ok', 0);
  writer.string('errmsg', error instanceof Error ? error.message : String(error));
  writer.int('code', code);
  writer.string('codeName', codeNameOf(code));
  if (known) writeDuplicate(writer, known);
  writer.end(mark);
  return writer.bytes();
}
