import type { AdminUserResult, AuthResult, TokenPair } from '@nestim/protocol';
import type { ConnectionStatus } from '@nestim/sdk';
import { type ClientSession, type Collection, MongoClient } from 'mongodb';
import { api, type Failure } from './support/api.js';
import { connect } from './support/client.js';
import { admin, aToken, aUser, register } from './support/factories.js';
import { endSdkStory, sdkClient, sdkOnline, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { claimsOf, signToken } from './support/sign-token.js';
import { eventually, within } from './support/wait.js';

const KEY = 'the-signing-key-of-this-test,-long-enough-for-it';
const OLD = 'correct horse battery';
const NEW = 'staple battery horse';
/** What ends a login must have reached its sockets by then. */
const PROMPTLY = 1_000;

let server: ServerProcess;
let store: MongoClient;
beforeAll(async () => {
  server = await startServer({ env: { NESTIM_TOKEN_KEY: KEY } });
  store = await MongoClient.connect(server.storeUri);
});
afterEach(endSdkStory);
afterAll(async () => {
  await store.close();
  await server.stop();
});

const sessions = () => store.db('nestim').collection('sessions');
const nobody = () => api(server.url);
const login = (username: string, password: string) =>
  nobody().call<AuthResult & Failure>('POST', '/auth/login', { username, password });
const refresh = (refreshToken: string) =>
  nobody().call<TokenPair & Failure>('POST', '/auth/refresh', { refreshToken });
const refused = (status: number, code: string) => ({ status, body: { error: { code, temporary: false } } });

/** Writes in a transaction that stays open: until its end, whoever else writes the same rows waits. */
async function hold(
  collection: string,
  write: (rows: Collection<{ _id: string }>, options: { session: ClientSession }) => Promise<unknown>,
): Promise<ClientSession> {
  const session = store.startSession();
  session.startTransaction();
  await write(store.db('nestim').collection(collection), { session });
  return session;
}

/** Resolves with how the client stopped. */
const closed = (client: Watched): Promise<ConnectionStatus> =>
  new Promise((resolve) => client.on('state', (status) => status.state === 'closed' && resolve(status)));
/** To be called when what ends the login has been answered. */
const promptly = <T>(ended: Promise<T>): Promise<T> => within(ended, 'the client to stop', PROMPTLY);

describe('a change of the password', () => {
  const change = (token: string, oldPassword: string, newPassword: string) =>
    api(server.url, token).call('POST', '/auth/password', { oldPassword, newPassword });

  it('ends every other login, REST and sockets, and lets this one go on', async () => {
    const ann = await register(server, 'ann', OLD);
    const { body: other } = await login('ann', OLD);
    const [here, there] = [
      await sdkOnline(server, ann),
      await sdkOnline(server, { token: other.accessToken }),
    ];
    const stranger = await sdkOnline(server, await aUser(server));
    const ended = closed(there);
    expect((await change(ann.token, OLD, NEW)).status).toBe(204);
    expect(await promptly(ended)).toMatchObject({ reconnects: false, error: { code: 'SESSION_REVOKED' } });
    expect(await api(server.url, other.accessToken).call('GET', '/users/me')).toMatchObject(
      refused(401, 'SESSION_REVOKED'),
    );
    expect(await refresh(other.refreshToken)).toMatchObject(refused(401, 'SESSION_REVOKED'));
    expect([here.state, stranger.state]).toEqual(['online', 'online']);
    expect((await ann.api.call('GET', '/users/me')).status).toBe(200);
    expect((await refresh(ann.refreshToken)).status).toBe(200);
    expect(await login('ann', OLD)).toMatchObject(refused(401, 'BAD_CREDENTIALS'));
    expect((await login('ann', NEW)).status).toBe(200);
  });

  it('changes nothing without the old password', async () => {
    const bea = await register(server, 'bea', OLD);
    const { body: other } = await login('bea', OLD);
    expect(await change(bea.token, 'wrong', NEW)).toMatchObject(refused(401, 'BAD_CREDENTIALS'));
    expect(await change(bea.token, OLD, 'short')).toMatchObject(refused(400, 'BAD_REQUEST'));
    expect(await nobody().call('POST', '/auth/password', {})).toMatchObject(refused(401, 'UNAUTHENTICATED'));
    expect((await login('bea', OLD)).status).toBe(200);
    expect((await api(server.url, other.accessToken).call('GET', '/users/me')).status).toBe(200);
    const made = await aUser(server);
    expect(await change(made.token, '', NEW)).toMatchObject(refused(401, 'BAD_CREDENTIALS'));
  });

  it('leaves no login of the old password, however they race', async () => {
    const cid = await register(server, 'cid', OLD);
    const logins = Array.from({ length: 12 }, () => login('cid', OLD));
    expect((await change(cid.token, OLD, NEW)).status).toBe(204);
    for (const { status, body } of await Promise.all(logins)) {
      if (status !== 200) expect(body.error.code).toBe('BAD_CREDENTIALS');
      else expect((await api(server.url, body.accessToken).call('GET', '/users/me')).status).toBe(401);
    }
    expect((await cid.api.call('GET', '/users/me')).status).toBe(200);
  });

  it('ends also a login that the old password opens while it is being replaced', async () => {
    const nia = await register(server, 'nia', OLD);
    await login('nia', OLD);
    const held = await hold('users', (rows, options) =>
      rows.updateOne({ _id: nia.userId }, { $set: { held: true } }, options),
    );
    const changing = change(nia.token, OLD, NEW);
    const ended = () => sessions().countDocuments({ userId: nia.userId, revokedAt: { $exists: true } });
    await eventually(async () => (await ended()) === 1, 'the other logins to be ended');
    const meanwhile = await login('nia', OLD);
    expect(meanwhile.status).toBe(200);
    await held.abortTransaction();
    expect((await changing).status).toBe(204);
    expect(await api(server.url, meanwhile.body.accessToken).call('GET', '/users/me')).toMatchObject(
      refused(401, 'SESSION_REVOKED'),
    );
  });

  it('is made by one of two who try it at once', async () => {
    const dan = await register(server, 'dan', OLD);
    const answers = await Promise.all([`${NEW} 1`, `${NEW} 2`].map((next) => change(dan.token, OLD, next)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    const made = answers.findIndex(({ status }) => status === 204) + 1;
    expect((await login('dan', `${NEW} ${made}`)).status).toBe(200);
  });
});

describe('a user that the operator disables', () => {
  const set = (userId: string, what: 'disable' | 'enable') =>
    admin(server).call<AdminUserResult & Failure>('POST', `/admin/users/${userId}/${what}`);

  it('is shut out at once and everywhere, keeps the data, and comes back when enabled', async () => {
    const eve = await register(server, 'eve', OLD);
    const fay = await aUser(server);
    const [phone, tablet] = [
      await sdkOnline(server, eve),
      await sdkOnline(server, { token: await aToken(server, eve.userId) }),
    ];
    const sent = await phone.messages.send({ to: fay, type: 'text', content: { text: 'kept' } });
    const ended = [closed(phone), closed(tablet)];
    const answer = await set(eve.userId, 'disable');
    expect(answer).toMatchObject({
      status: 200,
      body: { user: { userId: eve.userId, username: 'eve' }, disabled: true },
    });
    const shutOut = refused(403, 'USER_DISABLED');
    expect(await eve.api.call('GET', '/users/me')).toMatchObject(shutOut);
    expect(await refresh(eve.refreshToken)).toMatchObject(shutOut);
    expect(await login('eve', OLD)).toMatchObject(shutOut);
    expect(await login('eve', 'wrong')).toMatchObject(refused(401, 'BAD_CREDENTIALS'));
    expect(await admin(server).call('POST', '/admin/tokens', { userId: eve.userId })).toMatchObject(shutOut);
    for (const status of await promptly(Promise.all(ended)))
      expect(status).toMatchObject({ reconnects: false, error: { code: 'USER_DISABLED' } });
    await expect(phone.connect()).rejects.toMatchObject({ code: 'USER_DISABLED', temporary: false });
    expect((await fay.api.call('GET', `/users/${eve.userId}`)).status).toBe(200);

    expect((await set(eve.userId, 'enable')).body).toMatchObject({ disabled: false });
    // What was found out of a login is remembered for a second.
    const former = async (): Promise<string> =>
      (await eve.api.call<Failure>('GET', '/users/me')).body.error.code;
    await eventually(async () => (await former()) === 'SESSION_REVOKED', 'the former login to be over');
    const back = await sdkOnline(server, { token: (await login('eve', OLD)).body.accessToken });
    expect(back.conversations.list().map(({ lastMessage }) => lastMessage?.messageId)).toEqual([
      sent.messageId,
    ]);
  });

  it('has no login left that was opened meanwhile', async () => {
    const { userId } = await aUser(server);
    const open = () => admin(server).call('POST', '/admin/tokens', { userId });
    const lanes = Array.from({ length: 16 }, async () => {
      for (;;) {
        const answer = await open();
        if (answer.status !== 201) return answer;
      }
    });
    await open();
    await set(userId, 'disable');
    for (const answer of await Promise.all(lanes))
      expect(answer).toMatchObject(refused(403, 'USER_DISABLED'));
    expect(await sessions().countDocuments({ userId, revokedAt: { $exists: false } })).toBe(0);
  });

  it('is disabled by who holds the admin token only, and only if there is such a user', async () => {
    const hal = await aUser(server);
    expect(await hal.api.call('POST', `/admin/users/${hal.userId}/disable`)).toMatchObject(
      refused(401, 'UNAUTHENTICATED'),
    );
    expect(await set('nobody-here', 'disable')).toMatchObject(refused(404, 'USER_NOT_FOUND'));
    expect(await set('nobody-here', 'enable')).toMatchObject(refused(404, 'USER_NOT_FOUND'));
    expect([(await set(hal.userId, 'disable')).status, (await set(hal.userId, 'disable')).status]).toEqual([
      200, 200,
    ]);
  });
});

describe('a login that is ended from elsewhere', () => {
  it('takes its live client along when it is revoked, and no other', async () => {
    const ida = await aUser(server);
    const other = await aToken(server, ida.userId, 'ios');
    const [mine, ended] = [await sdkOnline(server, ida), await sdkOnline(server, { token: other })];
    const stop = closed(ended);
    await ida.api.delete(`/auth/sessions/${claimsOf(other).sid}`);
    expect(await promptly(stop)).toMatchObject({ reconnects: false, error: { code: 'SESSION_REVOKED' } });
    expect(mine.state).toBe('online');
  });

  it('takes its live client along when a refresh token comes back that was replaced long ago', async () => {
    const jon = await register(server, 'jon', OLD);
    const client = await sdkOnline(server, jon);
    await refresh(jon.refreshToken);
    await sessions().updateOne({ userId: jon.userId }, { $set: { rotatedAt: 1 } });
    const stop = closed(client);
    expect(await refresh(jon.refreshToken)).toMatchObject(refused(401, 'SESSION_REVOKED'));
    expect(await promptly(stop)).toMatchObject({ reconnects: false, error: { code: 'SESSION_REVOKED' } });
  });

  it('answers such a token alike when the login is swept in that moment', async () => {
    const oda = await register(server, 'oda', OLD);
    await refresh(oda.refreshToken);
    await sessions().updateOne({ userId: oda.userId }, { $set: { rotatedAt: 1 } });
    const { sid } = claimsOf(oda.token);
    const held = await hold('sessions', (rows, options) => rows.deleteOne({ _id: sid }, options));
    const reuse = refresh(oda.refreshToken);
    // Requests that begin later and take longer: the one before has come to the row by then.
    for (let n = 0; n < 10; n++) await login('nobody', OLD);
    await held.commitTransaction();
    expect((await reuse).body.error.code).toMatch(/^(SESSION_REVOKED|UNAUTHENTICATED)$/);
  });
});

describe('a token that expires under a live client', () => {
  it('makes the client get another one, and come back with it', async () => {
    const kim = await aUser(server);
    const claims = claimsOf(kim.token);
    const brief = signToken({ ...claims, exp: Math.floor(Date.now() / 1000) + 2 }, KEY);
    const reasons: string[] = [];
    const client = sdkClient(server, kim, {
      getToken: ({ reason }) => {
        reasons.push(reason);
        // No token while the present one serves: the server has to cut it.
        if (reason === 'expiring') throw new Error('not now');
        return reason === 'connect' ? brief : kim.token;
      },
    });
    await client.connect();
    const seen: string[] = [];
    client.on('state', ({ state, error }) => seen.push(error ? `${state} ${error.code}` : state));
    await eventually(() => seen.at(-1) === 'online', 'the client to be back', 6_000);
    expect(seen).toEqual(['connecting TOKEN_EXPIRED', 'syncing', 'online']);
    expect(reasons).toEqual(['connect', 'expiring', 'refused']);
  });
});

describe('what is over', () => {
  it('is swept from the store, and what is not stays', async () => {
    const lea = await register(server, 'lea', OLD);
    const mia = await register(server, 'mia', OLD);
    const row = await sessions().findOne({ userId: lea.userId });
    expect(row?.sweepAt).toEqual(new Date(row?.expiresAt as number));
    await lea.api.post('/auth/logout');
    const ended = await sessions().findOne({ userId: lea.userId });
    expect((ended?.sweepAt as Date).getTime() - Date.now()).toBeLessThanOrEqual(7 * 24 * 3_600_000);
    await sessions().updateOne({ userId: lea.userId }, { $set: { sweepAt: new Date(Date.now() - 1) } });
    await store.db('admin').command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    await eventually(
      async () => (await sessions().countDocuments({ userId: lea.userId })) === 0,
      'the sweep',
    );
    expect((await mia.api.call('GET', '/users/me')).status).toBe(200);
    expect(await refresh(lea.refreshToken)).toMatchObject(refused(401, 'UNAUTHENTICATED'));
    await expect(connect(server.url, lea.token)).rejects.toMatchObject({
      error: { code: 'SESSION_REVOKED' },
    });
  });
});
