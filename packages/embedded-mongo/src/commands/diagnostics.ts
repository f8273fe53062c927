import { hostname, arch, cpus, totalmem, type as osType, release } from 'node:os';
import type { BsonWriter } from '../bson/writer.js';
import { T, typeName } from '../bson/types.js';
import { isTruthy, readString } from '../bson/value.js';
import type { Engine } from '../engine.js';
import { CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { VERSION } from './admin.js';
import type { Command } from './request.js';

export const hostInfo: Command = {
  adminOnly: true,
  run: ({ reply }) => {
    const system = reply.beginObject('system');
    reply.date('currentTime', Date.now());
    reply.string('hostname', hostname());
    reply.int('cpuAddrSize', 64);
    reply.count('memSizeMB', Math.round(totalmem() / 2 ** 20));
    reply.int('numCores', cpus().length);
    reply.string('cpuArch', arch());
    reply.bool('numaEnabled', false);
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
  adminOnly: true,
  run: ({ reply }) => {
    const argv = reply.beginArray('argv');
    reply.string('0', 'embedded-mongo');
    reply.end(argv);
    reply.end(reply.beginObject('parsed'));
  },
};

const LOGS = ['global', 'startupWarnings'];

/** The store keeps no log in memory: the logs are there and empty. */
export const getLog: Command = {
  adminOnly: true,
  run: ({ request, reply }) => {
    const wanted = request.get('getLog');
    if (wanted?.type !== T.string) {
      throw typeMismatch(
        `Argument to getLog must be of type String; found ${typeName(wanted?.type ?? T.null)}`,
      );
    }
    const name = readString(wanted);
    if (name === '*') {
      const names = reply.beginArray('names');
      LOGS.forEach((log, i) => reply.string(String(i), log));
      reply.end(names);
      return;
    }
    if (!LOGS.includes(name)) throw new CommandError(ErrorCode.OperationFailed, `No log named '${name}'`);
    reply.int('totalLinesWritten', 0);
    reply.end(reply.beginArray('log'));
  },
};

/** Commands run one after the other: whoever asks meets no other one under way. */
export const currentOp: Command = {
  adminOnly: true,
  anyField: true,
  run: ({ reply }) => reply.end(reply.beginArray('inprog')),
};

export const fsync: Command = {
  adminOnly: true,
  writes: true,
  fields: ['async'],
  refused: ['lock'],
  run: ({ reply }) => reply.int('numFiles', 1),
};

/** No operation is ever recorded: asking is answered, switching it on is refused. */
export const profile: Command = {
  fields: ['slowms', 'sampleRate'],
  refused: ['filter'],
  run: ({ request, reply }) => {
    if ((request.integer('profile', -1) ?? -1) > 0) throw unsupported('the profiler');
    reply.int('was', 0);
    reply.int('slowms', 100);
    reply.double('sampleRate', 1);
  },
};

export const getFreeMonitoringStatus: Command = {
  adminOnly: true,
  run: ({ reply }) => reply.string('state', 'disabled'),
};

export const features: Command = {
  refused: ['oidReset'],
  run: ({ reply }) => reply.bool('js', false),
};

type Section = (reply: BsonWriter, engine: Engine) => void;

const SECTIONS: Readonly<Record<string, Section>> = {
  connections: (reply, { metrics }) => {
    reply.int('current', metrics.connections);
    reply.int('available', 100_000 - metrics.connections);
    reply.count('totalCreated', metrics.connectionsMade);
  },
  globalLock: (reply, engine) => {
    reply.long('totalTime', BigInt(engine.now() - engine.startedAt) * 1000n);
    for (const name of ['currentQueue', 'activeClients']) {
      const counts = reply.beginObject(name);
      for (const who of ['total', 'readers', 'writers']) reply.int(who, 0);
      reply.end(counts);
    }
  },
  mem: (reply) => {
    reply.int('bits', 64);
    reply.int('resident', Math.round(process.memoryUsage.rss() / 2 ** 20));
    reply.bool('supported', true);
  },
  metrics: (reply, { cursors, ttl }) => {
    const cursor = reply.beginObject('cursor');
    const open = reply.beginObject('open');
    reply.long('total', BigInt(cursors.size));
    reply.end(open);
    reply.end(cursor);
    const deletions = reply.beginObject('ttl');
    reply.long('deletedDocuments', BigInt(ttl.deleted));
    reply.long('passes', BigInt(ttl.passes));
    reply.end(deletions);
  },
  network: (reply, { metrics }) => {
    reply.long('bytesIn', BigInt(metrics.bytesIn));
    reply.long('bytesOut', BigInt(metrics.bytesOut));
    reply.long('numRequests', BigInt(metrics.requests));
  },
  opcounters: (reply, { metrics }) => {
    for (const [kind, count] of metrics.opcounters) reply.long(kind, BigInt(count));
  },
  storageEngine: (reply) => {
    reply.string('name', 'lmdb');
    reply.bool('supportsCommittedReads', true);
    reply.bool('persistent', true);
  },
  transactions: (reply, { transactions }) => reply.long('currentOpen', BigInt(transactions.size)),
};

export const serverStatus: Command = {
  anyField: true,
  run: ({ engine, request, reply }) => {
    const uptime = engine.now() - engine.startedAt;
    reply.string('host', hostname());
    reply.string('version', VERSION);
    reply.string('process', 'embedded-mongo');
    reply.long('pid', BigInt(process.pid));
    reply.double('uptime', Math.floor(uptime / 1000));
    reply.long('uptimeMillis', BigInt(uptime));
    reply.long('uptimeEstimate', BigInt(Math.floor(uptime / 1000)));
    reply.date('localTime', engine.now());
    for (const [name, write] of Object.entries(SECTIONS)) {
      const asked = request.get(name);
      if (asked && !isTruthy(asked)) continue;
      const section = reply.beginObject(name);
      write(reply, engine);
      reply.end(section);
    }
  },
};
