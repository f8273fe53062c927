import { aggregate } from '../aggregate/aggregate.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import * as admin from './admin.js';
import { collMod } from './coll-mod.js';
import * as collections from './collections.js';
import * as diagnostics from './diagnostics.js';
import { explain } from './explain.js';
import { configureFailPoint } from './fail-point.js';
import * as find from './find.js';
import { findAndModify } from './find-and-modify.js';
import * as indexes from './indexes.js';
import { inApi1 } from './generic-arguments.js';
import * as parameters from './parameters.js';
import type { Command } from './request.js';
import * as sessions from './sessions.js';
import * as stats from './stats.js';
import { validate } from './validate.js';
import * as write from './write.js';

const listCommands: Command = {
  run: ({ reply }) => {
    const list = reply.beginObject('commands');
    for (const [name, command] of COMMANDS) {
      const entry = reply.beginObject(name);
      reply.string('help', '');
      reply.bool('requiresAuth', false);
      reply.bool('secondaryOk', !command.writes);
      reply.bool('adminOnly', command.adminOnly ?? false);
      const versions = reply.beginArray('apiVersions');
      if (inApi1(name)) reply.string('0', '1');
      reply.end(versions);
      reply.end(entry);
    }
    reply.end(list);
  },
};

/** Everything the store answers to. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>(
  Object.entries({
    hello: admin.hello,
    isMaster: admin.hello,
    ping: admin.acknowledge,
    buildInfo: admin.buildInfo,
    connectionStatus: admin.connectionStatus,
    whatsmyuri: admin.whatsmyuri,
    usersInfo: admin.usersInfo,
    rolesInfo: admin.rolesInfo,
    replSetGetConfig: admin.replSetGetConfig,
    replSetGetStatus: admin.replSetGetStatus,
    getParameter: parameters.getParameter,
    setParameter: parameters.setParameter,
    hostInfo: diagnostics.hostInfo,
    getCmdLineOpts: diagnostics.getCmdLineOpts,
    getLog: diagnostics.getLog,
    serverStatus: diagnostics.serverStatus,
    currentOp: diagnostics.currentOp,
    fsync: diagnostics.fsync,
    profile: diagnostics.profile,
    features: diagnostics.features,
    getFreeMonitoringStatus: diagnostics.getFreeMonitoringStatus,
    listCommands,
    configureFailPoint,
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
    renameCollection: collections.renameCollection,
    collMod,
    listCollections: collections.listCollections,
    listDatabases: collections.listDatabases,
    createIndexes: indexes.createIndexes,
    dropIndexes: indexes.dropIndexes,
    listIndexes: indexes.listIndexes,
    collStats: stats.collStats,
    dbStats: stats.dbStats,
    dataSize: stats.dataSize,
    validate,
  }),
);

/** MongoDB's other names for the same. */
const ALIASES: Readonly<Record<string, string>> = {
  ismaster: 'isMaster',
  buildinfo: 'buildInfo',
  findandmodify: 'findAndModify',
  deleteIndexes: 'dropIndexes',
  collstats: 'collStats',
  dbstats: 'dbStats',
  datasize: 'dataSize',
};

/** Commands of MongoDB 7.0 that this store has not: refused by name. */
export const REFUSED_COMMANDS: readonly string[] =
  `appendOplogNote applyOps authenticate cloneCollectionAsCapped compact connPoolStats convertToCapped createRole
   createSearchIndexes createUser dbHash dropAllRolesFromDatabase dropAllUsersFromDatabase dropConnections dropRole dropSearchIndex
   dropUser filemd5 fsyncUnlock getAuditConfig getClusterParameter getDefaultRWConcern grantPrivilegesToRole grantRolesToRole
   grantRolesToUser invalidateUserCache killAllSessionsByPattern killOp listSearchIndexes lockInfo logRotate logout mapReduce
   planCacheClear planCacheClearFilters planCacheListFilters planCacheSetFilter reIndex replSetAbortPrimaryCatchUp
   replSetFreeze replSetInitiate replSetMaintenance replSetReconfig replSetResizeOplog replSetStepDown
   replSetSyncFrom revokePrivilegesFromRole revokeRolesFromRole revokeRolesFromUser rotateCertificates saslContinue saslStart
   setClusterParameter setDefaultRWConcern setFeatureCompatibilityVersion setIndexCommitQuorum setProfilingFilterGlobally
   setUserWriteBlockMode shutdown top updateRole updateSearchIndex updateUser validateDBMetadata`.split(
    /\s+/,
  );

/** The command of that name. */
export function commandOf(name: string): Command {
  const command = COMMANDS.get(Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name);
  if (command) return command;
  if (REFUSED_COMMANDS.includes(name)) throw unsupported(`the command ${name}`);
  throw new CommandError(ErrorCode.CommandNotFound, `no such command: '${name}'`);
}
