import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { type ConnectionStatus, keepTokens } from '@nestim/sdk';
import { io } from 'socket.io-client';
import type { Failure } from './support/api.js';
import { aUser, type Person, register } from './support/factories.js';
import { closeSdkClients, expectAsFresh, sdkClient, sdkOnline, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { claimsOf, signToken } from './support/sign-token.js';
import { eventually, within } from './support/wait.js';

const KEY = 'the-signing-key-of-this-test,-long-enough-for-it';
const PASSWORD = 'correct horse battery';
const ORIGIN = 'https://chat.example';

/** With the limits as they are; and with a tenth of them, for what would take a flood to meet. */
let server: ServerProcess;
let strict: ServerProcess;
beforeAll(async () => {
  const env = { NESTIM_TRUSTED_PROXIES: '127.0.0.1', NESTIM_TOKEN_KEY: KEY };
  server = await startServer({ env: { ...env, NESTIM_RATE_LIMIT_FACTOR: '1' } });
  strict = await startServer({
    env: { ...env, NESTIM_RATE_LIMIT_FACTOR: '0.1', NESTIM_CORS_ORIGINS: ORIGIN },
  });
});
afterEach(closeSdkClients);
afterAll(() => Promise.all([server.stop(), strict.stop()]));

interface Answer {
  status: number;
  retryAfter: string | null;
  body: Failure;
}

/** A request that came through a proxy from this address. */
async function from(
  address: string,
  path: string,
  body?: unknown,
  token?: string,
  { url } = server,
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'x-forwarded-for': address,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Failure,
  };
}

/** What a refusal must say: the wait in seconds for everyone, in milliseconds for the SDK. */
function expectTooMany({ status, retryAfter, body }: Answer, maxMs: number): void {
  expect(status).toBe(429);
  expect(body.error).toMatchObject({ code: 'TOO_MANY_REQUESTS', temporary: true });
  const { retryAfterMs } = body.error.details as { retryAfterMs: number };
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(maxMs);
  expect(retryAfter).toBe(String(Math.ceil(retryAfterMs / 1000)));
}

/** Asks one after the other until one is refused. @returns how many were answered before */
async function untilRefused(ask: () => Promise<Answer>): Promise<{ before: number; refusal: Answer }> {
  for (let before = 0; before < 200; before++) {
    const refusal = await ask();
    if (refusal.status === 429) return { before, refusal };
  }
  throw new Error('never refused');
}

describe('guessing a password', () => {
  const guess = (address: string, username: string, password: string): Promise<Answer> =>
    from(address, '/auth/login', { username, password });

  it('ends after ten tries, for this name from this address only', async () => {
    await register(server, 'ann', PASSWORD);
    await register(server, 'bea', PASSWORD);
    const { before, refusal } = await untilRefused(() => guess('1.0.0.1', 'ann', 'wrong'));
    expect(before).toBe(10);
    expectTooMany(refusal, 60_000);
    expectTooMany(await guess('1.0.0.1', 'ANN', PASSWORD), 60_000);
    expect((await guess('1.0.0.1', 'bea', PASSWORD)).status).toBe(200);
    expect((await guess('1.0.0.2', 'ann', PASSWORD)).status).toBe(200);
  });

  it('begins anew with the right one', async () => {
    await register(server, 'cid', PASSWORD);
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 9; n++) expect((await guess('1.0.0.3', 'cid', 'wrong')).status).toBe(401);
      expect((await guess('1.0.0.3', 'cid', PASSWORD)).status).toBe(200);
    }
  });

  it('ends for who tries to change it, too', async () => {
    const dan = await register(server, 'dan', PASSWORD);
    const body = { oldPassword: 'wrong', newPassword: `${PASSWORD} 2` };
    const { before, refusal } = await untilRefused(() => from('1.0.0.4', '/auth/password', body, dan.token));
    expect(before).toBe(10);
    expectTooMany(refusal, 60_000);
  });
});

it('bounds the accounts that one address makes', async () => {
  await register(server, 'taken', PASSWORD);
  const body = { username: 'taken', password: PASSWORD };
  const { before, refusal } = await untilRefused(() => from('2.0.0.1', '/auth/register', body));
  expect(before).toBe(50);
  expectTooMany(refusal, 60_000);
  expect((await from('2.0.0.2', '/auth/register', body)).status).toBe(409);
});

/** Sends so many requests at once, without waiting for an answer to any. @returns the statuses */
async function flood(count: number, header = ''): Promise<string[]> {
  const wire = connectTo(strict.port, '127.0.0.1');
  let answer = '';
  wire.setEncoding('latin1').on('data', (text: string) => (answer += text));
  const head = `GET /api/v1/users/me HTTP/1.1\r\nhost: x\r\n${header}`;
  wire.write(`${head}\r\n`.repeat(count - 1) + `${head}connection: close\r\n\r\n`);
  await within(once(wire, 'end'), `${count} answers`);
  return [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status!);
}

/** Keeps an address at its limit. @returns what ends that */
async function keepFlooding(header?: string): Promise<() => Promise<void>> {
  let busy = true;
  expect(await flood(300, header)).toContain('429');
  const flooding = (async () => {
    while (busy) await flood(100, header);
  })();
  return () => {
    busy = false;
    return flooding;
  };
}

it('lets a page of another origin read that it is refused', async () => {
  const headers = { 'x-forwarded-for': '3.0.0.9', origin: ORIGIN };
  await flood(300, 'x-forwarded-for: 3.0.0.9\r\n');
  const refusal = await eventually(async () => {
    const response = await fetch(`${strict.url}/api/v1/users/me`, { headers });
    await response.arrayBuffer();
    return response.status === 429 && response;
  }, 'a refusal');
  expect(refusal.headers.get('access-control-allow-origin')).toBe(ORIGIN);
});

/** What comes of a handshake from an address. */
function handshake(address: string, token: string): Promise<unknown> {
  const socket = io(strict.url, {
    auth: { token },
    extraHeaders: { 'x-forwarded-for': address },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  const outcome = new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error: Error & { data?: unknown }) => resolve(error.data));
  });
  return within(outcome, 'a handshake').finally(() => socket.disconnect());
}

it('bounds what one address asks, whoever it says to be, and lets the others and the operator be', async () => {
  const statuses = await flood(300, 'x-forwarded-for: 3.0.0.8\r\n');
  expect(statuses.slice(0, 200)).toEqual(Array(200).fill('401'));
  expect(statuses).toContain('429');
  const eve = await aUser(strict);
  const me = (address: string) => from(address, '/users/me', undefined, eve.token, strict);
  const stop = await keepFlooding('x-forwarded-for: 3.0.0.1\r\n');
  expectTooMany((await untilRefused(() => me('3.0.0.1'))).refusal, 50);
  const refused = await eventually(async () => {
    const outcome = await handshake('3.0.0.1', (await aUser(strict)).token);
    return outcome !== 'connected' && outcome;
  }, 'a refused handshake');
  expect(refused).toMatchObject({ code: 'TOO_MANY_REQUESTS', details: { retryAfterMs: expect.any(Number) } });
  const [rest, socket, operator] = await Promise.all([
    me('3.0.0.2'),
    handshake('3.0.0.2', (await aUser(strict)).token),
    from('3.0.0.1', '/admin/users', { nickname: 'x' }, strict.adminToken, strict),
  ]);
  expect([rest.status, socket, operator.status]).toEqual([200, 'connected', 201]);
  await stop();
  const metrics = await (await fetch(`${strict.url}/metrics`)).text();
  expect(metrics).toMatch(/nestim_rate_limited_total\{limit="address"\} [1-9]/);
});

/** Keeps a user at his limit. @returns what ends that */
async function exhaust(person: Person): Promise<() => Promise<void>> {
  const socket = await person.connect();
  let [busy, refused] = [true, false];
  const lanes = Array.from({ length: 8 }, async () => {
    while (busy) {
      const ack = await socket.emitRaw('message:read', {});
      if (ack.ok || ack.error.code === 'BAD_REQUEST') continue;
      const details = { retryAfterMs: expect.any(Number) as number };
      expect(ack.error).toMatchObject({ code: 'TOO_MANY_REQUESTS', details });
      refused = true;
    }
  });
  await eventually(() => refused, 'a refusal');
  return async () => {
    busy = false;
    await Promise.all(lanes);
    socket.close();
  };
}

it('bounds what one user asks, over all sockets and REST; his messages go out once, all the same', async () => {
  const [fay, gus] = [await aUser(strict), await aUser(strict)];
  const [client, other] = [await sdkOnline(strict, fay), await sdkOnline(strict, gus)];
  const stop = await exhaust(fay);
  const me = () => from('4.0.0.1', '/users/me', undefined, fay.token, strict);
  expectTooMany((await untilRefused(me)).refusal, 100);
  const sends = Array.from({ length: 5 }, (_, n) =>
    client.messages.send({ to: gus, type: 'text', content: { text: `message ${n}` } }),
  );
  await other.messages.send({ to: gus, type: 'text', content: { text: 'the others are not held up' } });
  await stop();
  expect((await Promise.all(sends)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  await expectAsFresh(other);
});

describe('the SDK', () => {
  /** Resolves when the client begins to wait, with what for and how long. */
  const waiting = (client: Watched, code: string): Promise<{ asked: number; wait: number }> =>
    within(
      new Promise((resolve) => {
        client.on('state', ({ state, error, retryAt }) => {
          if (state !== 'offline' || error?.code !== code) return;
          resolve({ asked: error.retryAfterMs, wait: retryAt! - Date.now() });
        });
      }),
      `the client to wait for ${code}`,
    );
  /** The clock may have moved on a little since the wait was set. */
  const expectWait = ({ asked, wait }: { asked: number; wait: number }, maxMs: number): void => {
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(maxMs);
    expect(wait).toBeGreaterThan(asked - 100);
  };

  it('waits as long as it is asked to before it connects again', async () => {
    const ida = await aUser(strict);
    let refused: unknown;
    for (let n = 0; n < 20 && !refused; n++) {
      await ida.connect().then(
        (device) => device.close(),
        (error: unknown) => (refused = error),
      );
    }
    expect(refused).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS' } });
    const client = sdkClient(strict, ida);
    const told = waiting(client, 'TOO_MANY_REQUESTS');
    client.connect().catch(() => undefined);
    expectWait(await told, 10_000);
  });

  it('waits as long as it is asked to before it refreshes again', async () => {
    const jon = await register(server, 'jon', PASSWORD);
    const body = { refreshToken: jon.refreshToken };
    const { before, refusal } = await untilRefused(() => from('5.0.0.1', '/auth/refresh', body));
    expect(before).toBe(30);
    expectTooMany(refusal, 60_000);
    const claims = claimsOf(jon.token);
    const accessToken = signToken({ ...claims, iat: claims.iat - 100, exp: claims.iat - 50 }, KEY);
    const client = sdkClient(server, jon, { getToken: keepTokens(server.url, { ...jon, accessToken }) });
    const told = waiting(client, 'TOKEN_UNAVAILABLE');
    client.connect().catch(() => undefined);
    expectWait(await told, 60_000);
  });

  it('comes back by itself when its address has asked too much', async () => {
    const stop = await keepFlooding();
    const refused = await eventually(async () => {
      const client = sdkClient(strict, await aUser(strict));
      const outcome = new Promise<ConnectionStatus>((resolve) => {
        client.on('state', (status) => ['online', 'offline'].includes(status.state) && resolve(status));
      });
      const online = client.connect();
      const { error, reconnects } = await outcome;
      return error && { code: error.code, reconnects, online };
    }, 'a client to be refused');
    expect(refused).toMatchObject({ code: 'TOO_MANY_REQUESTS', reconnects: true });
    await stop();
    await refused.online;
  });
});

describe('without a trusted proxy', () => {
  it('nobody is believed what he says of his address, and the log says what to set', async () => {
    const plain = await startServer({ env: { NESTIM_RATE_LIMIT_FACTOR: '1' } });
    const guess = async (n: number): Promise<number> => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `6.0.0.${n}` };
      const body = JSON.stringify({ username: 'kim', password: 'wrong' });
      return (await fetch(`${plain.url}/api/v1/auth/login`, { method: 'POST', headers, body })).status;
    };
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push(await guess(n));
    await plain.stop();
    expect(statuses.slice(9)).toEqual([401, 429, 429]);
    expect(plain.lines.filter((line) => line.includes('NESTIM_TRUSTED_PROXIES'))).toHaveLength(1);
  });
});
