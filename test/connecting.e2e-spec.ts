import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { api, ApiError } from './support/api.js';
import { connect } from './support/client.js';
import { aToken, aUser, register } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { claimsOf, signToken } from './support/sign-token.js';
import { eventually, within } from './support/wait.js';

const KEY = 'the-signing-key-of-this-test,-long-enough-for-it';
const PAYLOAD_LIMIT = 65_536;

let server: ServerProcess;
beforeAll(async () => {
  const env = { NESTIM_TOKEN_KEY: KEY, NESTIM_MAX_PAYLOAD_BYTES: String(PAYLOAD_LIMIT) };
  server = await startServer({ env });
});
afterAll(() => server.stop());

describe('the handshake', () => {
  it('refuses with a code that says why', async () => {
    const ann = await aUser(server);
    const claims = claimsOf(ann.token);
    const late = { ...claims, iat: claims.iat - 100, exp: claims.iat - 50 };
    const forged = signToken({ ...late, exp: claims.iat + 50 }, 'x'.repeat(40));
    const refused = (code: string) => ({ error: expect.objectContaining({ code }) as unknown });
    await expect(connect(server.url, 'no token at all')).rejects.toMatchObject(refused('UNAUTHENTICATED'));
    await expect(connect(server.url, forged)).rejects.toMatchObject(refused('UNAUTHENTICATED'));
    await expect(connect(server.url, signToken(late, KEY))).rejects.toMatchObject(refused('TOKEN_EXPIRED'));
    await expect(connect(server.url, '')).rejects.toMatchObject(refused('BAD_REQUEST'));
    await ann.api.post('/auth/logout');
    await expect(connect(server.url, ann.token)).rejects.toMatchObject(refused('SESSION_REVOKED'));
  });

  it('refuses unknown fields and a field of the wrong type', async () => {
    const { token } = await aUser(server);
    for (const extra of [{ admin: true }, { platform: 'toaster' }, { deviceId: { $ne: 1 } }]) {
      const socket = io(server.url, {
        auth: { token, ...extra },
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
      });
      const refused = new Promise<Error>((resolve) => socket.once('connect_error', resolve));
      expect(await within(refused, 'a refusal')).toMatchObject({ data: { code: 'BAD_REQUEST' } });
      socket.close();
    }
  });

  it('gives who has opened a connection ten seconds to say who he is', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const opened = performance.now();
    await within(new Promise((resolve) => socket.once('close', resolve)), 'the server to close', 14_000);
    expect(performance.now() - opened).toBeGreaterThan(9_000);
  }, 20_000);
});

it('parts with whom it refuses', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const closed = once(socket, 'close');
  socket.once('message', () => socket.send('40{"token":"none of yours"}'));
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  await within(closed, 'the server to close');
  expect(heard.at(-1)).toMatch(/^44.*UNAUTHENTICATED/);
});

it('lets a client leave, and come back over the same connection', async () => {
  const { token } = await aUser(server);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const answer = async (): Promise<string> => String((await once(socket, 'message'))[0]);
  const nobodyIsConnected = async (): Promise<boolean> =>
    /^nestim_connections 0$/m.test(await (await fetch(`${server.url}/metrics`)).text());
  expect(await answer()).toMatch(/^0/);
  for (let round = 0; round < 2; round++) {
    socket.send(`40${JSON.stringify({ token })}`);
    expect(await answer()).toMatch(/^40\{"sid"/);
    socket.send('41');
    await eventually(nobodyIsConnected, 'the client to have left');
  }
  socket.close();
});

it('bounds the sockets of one user, says that he may try again, and lets the others be', async () => {
  const [ann, bob] = [await aUser(server), await aUser(server)];
  const tries = await Promise.allSettled(Array.from({ length: 55 }, () => ann.connect()));
  const devices = tries.flatMap((tried) => (tried.status === 'fulfilled' ? [tried.value] : []));
  const refusals = tries.flatMap((tried) => (tried.status === 'rejected' ? [tried.reason as unknown] : []));
  expect(devices).toHaveLength(50);
  const error = expect.objectContaining({ code: 'TOO_MANY_CONNECTIONS', temporary: true }) as unknown;
  expect(refusals).toEqual(Array(5).fill(expect.objectContaining({ error })));
  (await bob.connect()).close();
  devices.pop()!.close();
  devices.push(await eventually(() => ann.connect(), 'the place to be free again'));
  for (const device of devices) device.close();
});

describe('a login that ends', () => {
  it('takes its sockets along within a second and leaves the other logins alone', async () => {
    const ann = await register(server, 'ann');
    const other = await connect(server.url, await aToken(server, ann.userId));
    const [phone, tablet] = [await ann.connect(), await ann.connect()];
    await ann.api.post('/auth/logout');
    await within(Promise.all([phone.closed, tablet.closed]), 'the sockets to be closed', 1_000);
    expect(phone.pushes).toEqual([
      { event: 'session:revoked', payload: expect.objectContaining({ sessionId: claimsOf(ann.token).sid }) },
    ]);
    await expect(ann.api.get('/conversations')).rejects.toMatchObject({
      error: { code: 'SESSION_REVOKED' },
    });
    await expect(other.ask('conversation:list', {})).resolves.toMatchObject({ conversations: [] });
    other.close();
  });
});

describe('a token that expires', () => {
  it('takes its socket along, with the code that asks for a fresh one', async () => {
    const ann = await aUser(server);
    const exp = Math.floor(Date.now() / 1000) + 2;
    const online = await connect(server.url, signToken({ ...claimsOf(ann.token), exp }, KEY));
    await within(online.closed, 'the socket to be closed', 4_000);
    const error = expect.objectContaining({ code: 'TOKEN_EXPIRED' }) as unknown;
    expect(online.pushes).toEqual([
      { event: 'session:revoked', payload: expect.objectContaining({ error }) as unknown },
    ]);
    const fresh = await ann.connect();
    fresh.close();
  });
});

describe('the payload limit', () => {
  it('closes a socket that sends more, stores nothing of it, and lets the others be', async () => {
    const [ann, bob] = [await aUser(server), await aUser(server)];
    const [annOnline, bobOnline] = [await ann.connect(), await bob.connect()];
    const tooMuch = annOnline.send({ to: { userId: bob.userId } }, 'x'.repeat(PAYLOAD_LIMIT));
    await expect(Promise.race([tooMuch, annOnline.closed])).resolves.toEqual(expect.any(String));
    tooMuch.catch(() => {});
    const { conversations } = await bobOnline.ask('conversation:list', {});
    expect(conversations).toEqual([]);
    bobOnline.close();
  });

  it('answers 413 to a larger body', async () => {
    const ann = await aUser(server);
    const body = {
      to: { userId: ann.userId },
      clientMsgId: 'big',
      type: 'text',
      content: { text: 'x'.repeat(PAYLOAD_LIMIT) },
    };
    const refusal: unknown = await ann.api.post('/messages', body).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ status: 413, error: { code: 'PAYLOAD_TOO_LARGE', temporary: false } });
  });

  it('takes the longest text and refuses one character more', async () => {
    const ann = await aUser(server);
    const online = await ann.connect();
    const to = { to: { userId: ann.userId } };
    expect((await online.send(to, 'x'.repeat(20_000))).content).toEqual({ text: 'x'.repeat(20_000) });
    await expect(online.send(to, 'x'.repeat(20_001))).rejects.toThrow('BAD_REQUEST');
    online.close();
  });
});

describe('the admin routes', () => {
  it('want the admin token', async () => {
    const user = { nickname: 'nobody' };
    const { token: ofUser } = await aUser(server);
    for (const token of [undefined, 'wrong', server.adminToken.slice(0, -1), ofUser]) {
      const answer = await api(server.url, token).call('POST', '/admin/users', user);
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } });
    }
  });
});
