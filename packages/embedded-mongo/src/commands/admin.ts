import { hostname, arch, cpus, totalmem, type as osType, release } from 'node:os';
import type { BsonWriter } from '../bson/writer.js';
import { MAX_DOCUMENT, MAX_MESSAGE } from '../bson/validate.js';
import { T } from '../bson/types.js';
import { readString } from '../bson/value.js';
import { collectionsOf } from './collections.js';
import type { Command } from './request.js';

/** The server this one answers like. */
export const VERSION = '7.0.14';
const VERSION_PARTS = [7, 0, 14, 0];
const MAX_WIRE_VERSION = 21;

export const hello: Command = {
  fields: [
    'helloOk',
    'client',
    'compression',
    'saslSupportedMechs',
    'speculativeAuthenticate',
    'topologyVersion',
    'maxAwaitTimeMS',
    'loadBalanced',
    'hostInfo',
    'backpressure',
  ],
  run: ({ engine, request, reply }) => {
    reply.bool('helloOk', true);
    reply.bool(request.name === 'hello' ? 'isWritablePrimary' : 'ismaster', true);
    writeReplicaSet(reply, engine.host);
    reply.int('maxBsonObjectSize', MAX_DOCUMENT);
    reply.int('maxMessageSizeBytes', MAX_MESSAGE);
    reply.int('maxWriteBatchSize', 100_000);
    reply.date('localTime', Date.now());
    reply.int('logicalSessionTimeoutMinutes', 30);
    reply.int('connectionId', 1);
    reply.int('minWireVersion', 0);
    reply.int('maxWireVersion', MAX_WIRE_VERSION);
    reply.bool('readOnly', false);
  },
};

/** The one member of a replica set: drivers offer transactions and retryable writes on nothing less. */
function writeReplicaSet(reply: BsonWriter, host: string): void {
  reply.string('setName', 'embedded');
  reply.int('setVersion', 1);
  reply.bool('secondary', false);
  const hosts = reply.beginArray('hosts');
  reply.string('0', host);
  reply.end(hosts);
  reply.string('primary', host);
  reply.string('me', host);
}

/** Answered with `ok: 1` alone. */
export const acknowledge: Command = { run: () => undefined };

export const buildInfo: Command = {
  run: ({ reply }) => {
    reply.string('version', VERSION);
    reply.string('gitVersion', 'embedded-mongo');
    const versions = reply.beginArray('versionArray');
    VERSION_PARTS.forEach((part, i) => reply.int(String(i), part));
    reply.end(versions);
    const modules = reply.beginArray('modules');
    reply.end(modules);
    const engines = reply.beginArray('storageEngines');
    reply.string('0', 'lmdb');
    reply.end(engines);
    reply.string('sysInfo', 'embedded-mongo over LMDB');
    reply.int('bits', 64);
    reply.bool('debug', false);
    reply.int('maxBsonObjectSize', MAX_DOCUMENT);
  },
};

export const connectionStatus: Command = {
  fields: ['showPrivileges'],
  run: ({ reply }) => {
    const info = reply.beginObject('authInfo');
    reply.end(reply.beginArray('authenticatedUsers'));
    reply.end(reply.beginArray('authenticatedUserRoles'));
    reply.end(info);
  },
};

export const getParameter: Command = {
  fields: ['featureCompatibilityVersion', 'allParameters'],
  run: ({ request, reply }) => {
    const asksAll =
      request.get('getParameter')?.type === T.string && readString(request.get('getParameter')!) === '*';
    if (!asksAll && !request.get('featureCompatibilityVersion')) return;
    const version = reply.beginObject('featureCompatibilityVersion');
    reply.string('version', '7.0');
    reply.end(version);
  },
};

export const hostInfo: Command = {
  run: ({ reply }) => {
    const system = reply.beginObject('system');
    reply.date('currentTime', Date.now());
    reply.string('hostname', hostname());
    reply.int('cpuAddrSize', 64);
    reply.count('memSizeMB', Math.round(totalmem() / 2 ** 20));
    reply.int('numCores', cpus().length);
    reply.string('cpuArch', arch());
    reply.end(system);
    const os = reply.beginObject('os');
    reply.string('type', osType());
    reply.string('name', osType());
    reply.string('version', release());
    reply.end(os);
    reply.end(reply.beginObject('extra'));
  },
};

export const getCmdLineOpts: Command = {
  run: ({ reply }) => {
    const argv = reply.beginArray('argv');
    reply.string('0', 'embedded-mongo');
    reply.end(argv);
    reply.end(reply.beginObject('parsed'));
  },
};

export const getLog: Command = {
  run: ({ reply }) => {
    reply.int('totalLinesWritten', 0);
    reply.end(reply.beginArray('log'));
  },
};

export const serverStatus: Command = {
  fields: ['repl', 'metrics', 'locks', 'recordStats', 'wiredTiger', 'tcmalloc', 'sharding'],
  run: ({ engine, reply }) => {
    const uptime = Date.now() - engine.startedAt;
    reply.string('host', hostname());
    reply.string('version', VERSION);
    reply.string('process', 'embedded-mongo');
    reply.count('pid', process.pid);
    reply.double('uptime', Math.floor(uptime / 1000));
    reply.long('uptimeMillis', BigInt(uptime));
    reply.date('localTime', Date.now());
    writeCursorMetrics(reply, engine.cursors.size);
    const storage = reply.beginObject('storageEngine');
    reply.string('name', 'lmdb');
    reply.bool('supportsCommittedReads', true);
    reply.bool('persistent', true);
    reply.end(storage);
  },
};

function writeCursorMetrics(reply: BsonWriter, open: number): void {
  const metrics = reply.beginObject('metrics');
  const cursor = reply.beginObject('cursor');
  const counts = reply.beginObject('open');
  reply.count('total', open);
  reply.end(counts);
  reply.end(cursor);
  reply.end(metrics);
}

export const dbStats: Command = {
  fields: ['scale', 'freeStorage'],
  run: ({ engine, request, reply }) => {
    const infos = collectionsOf(engine.catalog.committed, request.db);
    reply.string('db', request.db);
    reply.count('collections', infos.length);
    reply.int('views', 0);
    reply.count(
      'objects',
      infos.reduce((sum, info) => sum + engine.countRecords(info), 0),
    );
    reply.count(
      'indexes',
      infos.reduce((sum, info) => sum + info.indexes.length, 0),
    );
  },
};
