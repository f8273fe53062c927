import type { AuthResult, SessionList, TokenPair, User } from '@nestim/protocol';
import { Long, MongoClient } from 'mongodb';
import { api, type Failure } from './support/api.js';
import { connect } from './support/client.js';
import { admin, aToken, aUser, register } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { within } from './support/wait.js';

const password = 'correct horse battery';

describe('users and logins', () => {
  let server: ServerProcess;
  let store: MongoClient;
  const db = () => store.db('nestim');
  const login = (username: string, secret: string) =>
    api(server.url).call<AuthResult & Failure>('POST', '/auth/login', { username, password: secret });

  beforeAll(async () => {
    server = await startServer();
    store = await MongoClient.connect(server.storeUri);
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  describe('registration and login', () => {
    it('registers a person who then logs in by that name in any case', async () => {
      const { user } = await register(server, 'Ann.Lee', password);
      expect(user).toEqual({
        userId: expect.stringMatching(/^[0-9a-v]{25}$/),
        username: 'Ann.Lee',
        nickname: 'Ann.Lee',
        createdAt: expect.any(Number),
      });
      const { status, body } = await login('ANN.lee', password);
      expect(status).toBe(200);
      expect(body.user).toEqual(user);
      expect(body.expiresIn).toBe(3600);
      expect(await api(server.url, body.accessToken).get('/users/me')).toEqual({ user });
    });

    it('answers a wrong password and an unknown name alike', async () => {
      await register(server, 'carl', password);
      for (const attempt of [await login('carl', 'wrong'), await login('nobody', password)]) {
        expect(attempt.status).toBe(401);
        expect(attempt.body.error.code).toBe('BAD_CREDENTIALS');
      }
    });

    it('gives a name to one of many who register it at once', async () => {
      const attempts = await Promise.all(
        ['race', 'RACE', 'Race', 'rAce', 'raCe', 'racE'].map((username) =>
          api(server.url).call<Failure>('POST', '/auth/register', { username, password }),
        ),
      );
      expect(attempts.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
      const refused = attempts.filter(({ status }) => status === 409);
      expect(new Set(refused.map(({ body }) => body.error.code))).toEqual(new Set(['USERNAME_TAKEN']));
      expect(await db().collection('users').countDocuments({ usernameKey: 'race' })).toBe(1);
    });

    it('stores neither the password nor a token', async () => {
      const { user, refreshToken } = await register(server, 'secretive', password);
      const row = await db()
        .collection<{ _id: string; passwordHash: string }>('users')
        .findOne({ _id: user.userId });
      expect(row?.passwordHash).toMatch(/^\$argon2id\$/);
      const sessions = await db().collection('sessions').find({ userId: user.userId }).toArray();
      expect(JSON.stringify(sessions)).not.toContain(refreshToken.split('.')[1]);
    });

    it.each([
      ['a short password', { username: 'dora', password: 'short' }],
      ['a name with a blank', { username: 'do ra', password }],
      ['an operator as the name', { username: { $gt: '' }, password }],
      ['an unknown key', { username: 'dora', password, role: 'admin' }],
      ['a lone surrogate', { username: 'dora', password, nickname: 'x\ud800' }],
      ['nothing', {}],
      ['a list', []],
    ])('R17: refuses %s and stores nothing', async (_, body) => {
      const answer = await api(server.url).call('POST', '/auth/register', body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'BAD_REQUEST' } } });
      expect(await db().collection('users').countDocuments({ usernameKey: 'dora' })).toBe(0);
    });
  });

  describe('sessions', () => {
    it('ends all at logout: the token at once, live sockets within a second', async () => {
      const person = await register(server, 'evan', password);
      const otherToken = await aToken(server, person.userId);
      const devices = await Promise.all([person.connect(), person.connect()]);
      const elsewhere = await connect(server.url, otherToken);
      await person.api.post('/auth/logout');
      const refused = await person.api.call('GET', '/users/me');
      expect(refused).toMatchObject({ status: 401, body: { error: { code: 'SESSION_REVOKED' } } });
      for (const device of devices) {
        await within(device.closed, 'the socket to close', 1_000);
        expect(await device.next('session:revoked')).toHaveProperty('sessionId');
      }
      await expect(person.connect()).rejects.toMatchObject({ error: { code: 'SESSION_REVOKED' } });
      const refresh = await api(server.url).call('POST', '/auth/refresh', {
        refreshToken: person.refreshToken,
      });
      expect(refresh).toMatchObject({ status: 401, body: { error: { code: 'SESSION_REVOKED' } } });
      expect(elsewhere.socket.connected).toBe(true);
      elsewhere.close();
    });

    it('lists my logins, the newest first, and ends one of them', async () => {
      const person = await aUser(server);
      const other = await aToken(server, person.userId, 'ios');
      const stranger = await aUser(server);
      const { sessions } = await person.api.get<SessionList>('/auth/sessions');
      expect(sessions.map(({ platform, current }) => [platform, current])).toEqual([
        ['ios', false],
        ['other', true],
      ]);
      const path = `/auth/sessions/${sessions[0]?.sessionId}`;
      expect(await stranger.api.call('DELETE', path)).toMatchObject({
        status: 404,
        body: { error: { code: 'SESSION_NOT_FOUND' } },
      });
      expect((await api(server.url, other).call('GET', '/users/me')).status).toBe(200);
      await person.api.delete(path);
      expect((await api(server.url, other).call('GET', '/users/me')).status).toBe(401);
      expect((await person.api.get<SessionList>('/auth/sessions')).sessions).toHaveLength(1);
    });

    it('trades a refresh token once; a lost answer can be asked for again', async () => {
      const { refreshToken } = await register(server, 'frida', password);
      const refresh = (token: string) =>
        api(server.url).call<TokenPair>('POST', '/auth/refresh', { refreshToken: token });
      const answers = await Promise.all([
        refresh(refreshToken),
        refresh(refreshToken),
        refresh(refreshToken),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const next = answers[0]?.body as TokenPair;
      expect(new Set(answers.map(({ body }) => body.refreshToken))).toEqual(new Set([next.refreshToken]));
      expect(next.refreshToken).not.toBe(refreshToken);
      expect((await api(server.url, next.accessToken).call('GET', '/users/me')).status).toBe(200);
      expect((await refresh(next.refreshToken)).status).toBe(200);
    });

    it('ends the login when a refresh token comes back that was replaced long ago', async () => {
      const person = await register(server, 'greta', password);
      const refresh = (refreshToken: string) =>
        api(server.url).call<TokenPair & Failure>('POST', '/auth/refresh', { refreshToken });
      const next = await refresh(person.refreshToken);
      await db()
        .collection('sessions')
        .updateMany({ userId: person.userId }, { $set: { rotatedAt: 1 } });
      expect((await refresh(person.refreshToken)).body.error.code).toBe('SESSION_REVOKED');
      expect((await refresh(next.body.refreshToken)).body.error.code).toBe('SESSION_REVOKED');
      expect((await api(server.url, next.body.accessToken).call('GET', '/users/me')).status).toBe(401);
    });

    it.each(['', 'Bearer', 'Bearer x', 'Basic eDp4', 'Bearer a b'])(
      'refuses the header %j',
      async (header) => {
        const headers = { authorization: header };
        const answer = await fetch(`${server.url}/api/v1/users/me`, { headers });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED', temporary: false } });
      },
    );

    it('R4: lists the good logins when one row is damaged', async () => {
      const person = await aUser(server);
      const damaged = { userId: person.userId, expiresAt: Long.fromNumber(Date.now() + 1e6) };
      await db()
        .collection('sessions')
        .insertOne({ _id: 'damaged' as never, ...damaged });
      const { sessions } = await person.api.get<SessionList>('/auth/sessions');
      expect(sessions).toHaveLength(2);
      expect(sessions).toContainEqual(expect.objectContaining({ sessionId: 'damaged', platform: 'other' }));
    });
  });

  describe('users', () => {
    it('shows a user to everyone who is logged in, and to nobody else', async () => {
      const [person, other] = [await aUser(server, 'Hal'), await aUser(server)];
      const shown = { userId: person.userId, nickname: 'Hal', createdAt: expect.any(Number) };
      expect(await other.api.get(`/users/${person.userId}`)).toEqual({ user: shown });
      const unknown = await other.api.call('GET', '/users/nobody-here');
      expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'USER_NOT_FOUND' } } });
      expect((await api(server.url).call('GET', `/users/${person.userId}`)).status).toBe(401);
    });

    it.each(['a b', 'x____cmd', 'y'.repeat(65), '$gt', 'a:b'])(
      'R17: refuses the userId %j',
      async (userId) => {
        const body = { error: { code: 'BAD_REQUEST' } };
        const person = await aUser(server);
        const shown = await person.api.call('GET', `/users/${encodeURIComponent(userId)}`);
        expect(shown).toMatchObject({ status: 400, body });
        expect(await admin(server).call('POST', '/admin/users', { userId, nickname: 'x' })).toMatchObject({
          status: 400,
          body,
        });
      },
    );

    it('R3: answers a typed error for a user that was deleted straight in the store, and shuts his tokens out', async () => {
      const [gone, person] = [await aUser(server), await aUser(server)];
      await db()
        .collection('users')
        .deleteOne({ _id: gone.userId as never });
      const shown = await person.api.call('GET', `/users/${gone.userId}`);
      expect(shown).toMatchObject({ status: 404, body: { error: { code: 'USER_NOT_FOUND' } } });
      const tokens = await admin(server).call('POST', '/admin/tokens', { userId: gone.userId });
      expect(tokens).toMatchObject({ status: 404, body: { error: { code: 'USER_NOT_FOUND' } } });
      expect((await gone.api.call('GET', '/users/me')).status).toBeGreaterThanOrEqual(401);
    });
  });

  describe('the admin API', () => {
    it('makes a user with a chosen or a generated id, once', async () => {
      const chosen = await admin(server).call<{ user: User }>('POST', '/admin/users', {
        userId: 'hugo.7',
        nickname: 'Hugo',
      });
      expect(chosen).toMatchObject({ status: 201, body: { user: { userId: 'hugo.7', nickname: 'Hugo' } } });
      const again = await admin(server).call('POST', '/admin/users', { userId: 'hugo.7', nickname: 'Other' });
      expect(again).toMatchObject({ status: 409, body: { error: { code: 'USER_EXISTS' } } });
      const upper = await admin(server).call('POST', '/admin/users', { userId: 'HUGO.7', nickname: 'Other' });
      expect(upper.status).toBe(201);
    });

    it.each([undefined, 'x'.repeat(32)])('is closed to the token %j', async (token) => {
      const answer = await api(server.url, token).call('POST', '/admin/users', { nickname: 'x' });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } });
    });

    it('is closed to users', async () => {
      const person = await aUser(server);
      expect((await person.api.call('POST', '/admin/tokens', { userId: person.userId })).status).toBe(401);
    });
  });
});

describe('a server that is closed to strangers', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { NESTIM_OPEN_REGISTRATION: 'false', NESTIM_ADMIN_TOKEN: '' } });
  });
  afterAll(() => server.stop());

  it('registers nobody', async () => {
    const body = { username: 'stranger', password };
    const answer = await api(server.url).call('POST', '/auth/register', body);
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'REGISTRATION_CLOSED' } } });
  });

  it.each([undefined, '', 'undefined', 'x'.repeat(32)])(
    'has no admin routes without an admin token (given %j)',
    async (token) => {
      const answer = await api(server.url, token).call('POST', '/admin/users', { nickname: 'x' });
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    },
  );
});
