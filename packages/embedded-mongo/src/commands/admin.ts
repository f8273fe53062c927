import type { BsonWriter } from '../bson/writer.js';
import { MAX_DOCUMENT, MAX_MESSAGE } from '../bson/validate.js';
import type { Command } from './request.js';

/** The server this one answers like. */
export const VERSION = '7.0.14';
const VERSION_PARTS = VERSION.split('.').map(Number).concat(0);
const MAX_WIRE_VERSION = 21;
const SET_NAME = 'embedded';

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
    reply.int('connectionId', request.client.id);
    reply.int('minWireVersion', 0);
    reply.int('maxWireVersion', MAX_WIRE_VERSION);
    reply.bool('readOnly', false);
  },
};

/** The one member of a replica set: drivers offer transactions and retryable writes on nothing less. */
function writeReplicaSet(reply: BsonWriter, host: string): void {
  reply.string('setName', SET_NAME);
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
    reply.string('javascriptEngine', 'none');
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
  run: ({ request, reply }) => {
    const info = reply.beginObject('authInfo');
    reply.end(reply.beginArray('authenticatedUsers'));
    reply.end(reply.beginArray('authenticatedUserRoles'));
    if (request.bool('showPrivileges')) reply.end(reply.beginArray('authenticatedUserPrivileges'));
    reply.end(info);
  },
};

export const whatsmyuri: Command = {
  run: ({ request, reply }) => reply.string('you', request.client.address),
};

/** No users, no roles: who reaches the socket may do everything. */
export const usersInfo: Command = {
  fields: ['showCredentials', 'showCustomData', 'showPrivileges', 'showAuthenticationRestrictions', 'filter'],
  run: ({ reply }) => reply.end(reply.beginArray('users')),
};

export const rolesInfo: Command = {
  fields: ['showAuthenticationRestrictions', 'showBuiltinRoles', 'showPrivileges'],
  run: ({ reply }) => reply.end(reply.beginArray('roles')),
};

export const replSetGetConfig: Command = {
  adminOnly: true,
  fields: ['commitmentStatus'],
  run: ({ engine, reply }) => {
    const config = reply.beginObject('config');
    reply.string('_id', SET_NAME);
    reply.int('version', 1);
    reply.long('term', 1n);
    const members = reply.beginArray('members');
    const member = reply.beginObject('0');
    reply.int('_id', 0);
    reply.string('host', engine.host);
    reply.end(member);
    reply.end(members);
    reply.end(config);
  },
};

export const replSetGetStatus: Command = {
  adminOnly: true,
  fields: ['initialSync'],
  run: ({ engine, reply }) => {
    reply.string('set', SET_NAME);
    reply.date('date', engine.now());
    reply.int('myState', 1);
    reply.long('term', 1n);
    reply.long('heartbeatIntervalMillis', 2000n);
    const members = reply.beginArray('members');
    const member = reply.beginObject('0');
    reply.int('_id', 0);
    reply.string('name', engine.host);
    reply.double('health', 1);
    reply.int('state', 1);
    reply.string('stateStr', 'PRIMARY');
    reply.int('uptime', Math.floor((engine.now() - engine.startedAt) / 1000));
    reply.bool('self', true);
    reply.end(member);
    reply.end(members);
  },
};
