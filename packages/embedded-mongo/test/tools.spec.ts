import { Long, type Db, type Document } from 'mongodb';
import { openTestStore, type TestStore } from './support/embedded.js';
import { openWithMovedClock } from './support/moved-clock.js';
import { refusal, refused } from './support/refusal.js';
import { message, WireConnection } from './support/wire.js';

describe('what tools and drivers ask', () => {
  let test: TestStore;
  let db: Db;
  let admin: Db;

  beforeAll(async () => {
    test = await openTestStore();
    db = test.client.db('tools');
    admin = test.client.db('admin');
    await db.collection('c').insertMany([{ a: 1 }, { a: 2 }]);
  });
  afterAll(() => test.close());

  it.each<[Document, Document]>([
    [{ hello: 1 }, { isWritablePrimary: true, setName: 'embedded', maxWireVersion: 21, readOnly: false }],
    [{ isMaster: 1 }, { ismaster: true }],
    [{ ping: 1 }, { ok: 1 }],
    [{ buildInfo: 1 }, { version: '7.0.14', versionArray: [7, 0, 14, 0], bits: 64, debug: false }],
    [{ connectionStatus: 1, showPrivileges: true }, { authInfo: { authenticatedUserPrivileges: [] } }],
    [{ whatsmyuri: 1 }, { you: expect.any(String) }],
    [{ hostInfo: 1 }, { system: { cpuAddrSize: 64 }, os: { type: expect.any(String) } }],
    [{ getCmdLineOpts: 1 }, { argv: ['embedded-mongo'], parsed: {} }],
    [{ getLog: '*' }, { names: ['global', 'startupWarnings'] }],
    [{ getLog: 'startupWarnings' }, { totalLinesWritten: 0, log: [] }],
    [{ currentOp: 1, active: true }, { inprog: [] }],
    [{ fsync: 1 }, { numFiles: 1 }],
    [{ profile: -1 }, { was: 0, slowms: 100 }],
    [{ usersInfo: 1 }, { users: [] }],
    [{ rolesInfo: 1 }, { roles: [] }],
    [{ getFreeMonitoringStatus: 1 }, { state: 'disabled' }],
    [
      { replSetGetStatus: 1 },
      { set: 'embedded', myState: 1, members: [{ stateStr: 'PRIMARY', self: true }] },
    ],
    [{ replSetGetConfig: 1 }, { config: { _id: 'embedded', members: [{ _id: 0 }] } }],
    [{ getParameter: 1, ttlMonitorSleepSecs: 1 }, { ttlMonitorSleepSecs: 60 }],
    [{ getParameter: '*' }, { featureCompatibilityVersion: { version: '7.0' }, ttlMonitorEnabled: true }],
    [
      { getParameter: { showDetails: true }, notablescan: 1 },
      { notablescan: { value: false, settableAtRuntime: false } },
    ],
    [{ getParameter: { allParameters: true } }, { cursorTimeoutMillis: 600_000 }],
    [{ setParameter: 1, cursorTimeoutMillis: 600_000 }, { was: 600_000 }],
    [{ listCommands: 1 }, { commands: { find: { adminOnly: false, apiVersions: ['1'] } } }],
    [
      { aggregate: 1, pipeline: [{ $currentOp: { allUsers: true } }], cursor: {} },
      { cursor: { firstBatch: [] } },
    ],
  ])('answers %j', async (command, reply) => {
    expect(await admin.command(command)).toMatchObject(reply);
  });

  it('tells in serverStatus what it has done, and leaves out what is not wanted', async () => {
    const before = await db.command({ serverStatus: 1 });
    await db.collection('c').find().toArray();
    const after = await db.command({ serverStatus: 1, mem: 0 });
    expect(after['opcounters'].query).toBe(before['opcounters'].query + 1);
    expect(after['network'].numRequests).toBe(before['network'].numRequests + 2);
    expect(after['network'].bytesOut).toBeGreaterThan(before['network'].bytesOut);
    expect(after['connections'].current).toBeGreaterThan(0);
    expect(after).not.toHaveProperty('mem');
    expect(before).toMatchObject({ mem: { bits: 64 }, storageEngine: { name: 'lmdb' }, transactions: {} });
  });

  it.each<[Document, number, string]>([
    [{ isdbgrid: 1 }, 59, 'CommandNotFound'],
    [{ noSuchThing: 1 }, 59, 'CommandNotFound'],
    [{ top: 1 }, 238, 'NotImplemented'],
    [{ mapReduce: 'c' }, 238, 'NotImplemented'],
    [{ profile: 2 }, 238, 'NotImplemented'],
    [{ fsync: 1, lock: true }, 238, 'NotImplemented'],
    [{ getParameter: 1, noSuchThing: 1 }, 72, 'InvalidOptions'],
    [{ getParameter: 1 }, 72, 'InvalidOptions'],
    [{ setParameter: 1 }, 72, 'InvalidOptions'],
    [{ setParameter: 1, noSuchThing: 1 }, 72, 'InvalidOptions'],
    [{ setParameter: 1, notablescan: true }, 20, 'IllegalOperation'],
    [{ setParameter: 1, ttlMonitorSleepSecs: 0 }, 2, 'BadValue'],
    [{ setParameter: 1, ttlMonitorSleepSecs: 'x' }, 14, 'TypeMismatch'],
    [{ getLog: 'noSuchThing' }, 96, 'OperationFailed'],
    [{ getLog: 1 }, 14, 'TypeMismatch'],
    [{ ping: 1, noSuchThing: 1 }, 40415, 'Location40415'],
    [{ ping: 1, apiVersion: '2' }, 322, 'APIVersionError'],
    [{ ping: 1, apiVersion: 1 }, 14, 'TypeMismatch'],
    [{ ping: 1, apiStrict: true }, 72, 'InvalidOptions'],
    [{ buildInfo: 1, apiVersion: '1', apiStrict: true }, 323, 'APIStrictError'],
    [{ ping: 1, maxTimeMS: -1 }, 2, 'BadValue'],
    [{ ping: 1, writeConcern: { w: 1 } }, 72, 'InvalidOptions'],
    [{ ping: 1, readConcern: { level: 'majority' } }, 72, 'InvalidOptions'],
    [{ ping: 1, readConcern: 5 }, 14, 'TypeMismatch'],
    [{ count: 'c', readConcern: { level: 'wrong' } }, 2, 'BadValue'],
    [{ insert: 'c', documents: [{}], writeConcern: { w: -1 } }, 9, 'FailedToParse'],
    [{ insert: 'c', documents: [{}], writeConcern: { w: 51 } }, 9, 'FailedToParse'],
  ])('refuses %j', async (command, code, codeName) => {
    expect(await refusal(admin, command)).toEqual([code, codeName]);
  });

  it.each(['hostInfo', 'getParameter', 'setParameter', 'getCmdLineOpts', 'currentOp', 'replSetGetStatus'])(
    'answers %s on admin alone',
    async (name) => {
      const error = await refused(db, { [name]: 1 });
      expect([error.code, error.message]).toEqual([
        13,
        `${name} may only be run against the admin database.`,
      ]);
    },
  );

  it('accepts version 1 of the API', async () => {
    const command = { count: 'c', apiVersion: '1', apiStrict: true, apiDeprecationErrors: true };
    expect(await db.command(command)).toMatchObject({ n: 2 });
  });

  it('writes, and tells that more nodes than one are not there', async () => {
    const insert = (w: unknown) => ({ insert: 'w', documents: [{ w }], writeConcern: { w } });
    const answer = async (w: unknown) => (await refused(db, insert(w))).errorResponse['writeConcernError'];
    expect(await answer(2)).toMatchObject({ code: 100, codeName: 'UnsatisfiableWriteConcern' });
    expect(await answer('far')).toMatchObject({ code: 79, codeName: 'UnknownReplWriteConcern' });
    await db.command(insert('majority'));
    expect(await db.collection('w').countDocuments()).toBe(3);
  });

  it('refuses a request without a database, or with a name that none can have', async () => {
    const { server, close } = await openWithMovedClock();
    const connection = await WireConnection.open(server.port as number);
    const codeOf = async (command: Document) => {
      connection.send(message(command));
      return (await connection.reply())?.['code'] as unknown;
    };
    for (const $db of ['', 'a.b', 'a b', 'a$b', 'x'.repeat(64)]) {
      expect(await codeOf({ ping: 1, $db })).toBe(73);
      expect(await codeOf({ count: 'c', $db })).toBe(73);
    }
    expect(await codeOf({ ping: 1, $db: 5 })).toBe(14);
    expect(await codeOf({ ping: 1 })).toBe(40571);
    await connection.finish();
    await close();
  });

  it('starts a session that can be ended', async () => {
    const { id, timeoutMinutes } = await db.command({ startSession: 1 });
    expect(timeoutMinutes).toBe(30);
    await db.command({ endSessions: [id] });
    expect(Long.isLong(id)).toBe(false);
  });
});
