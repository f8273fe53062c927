import { type ConnectionStatus, type GetToken, NestimError } from '@nestim/sdk';
import { aToken, aUser, type Person } from './support/factories.js';
import { type Link, startLink } from './support/link.js';
import { endSdkStory, sdkClient, sdkOnline, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { claimsOf, signToken } from './support/sign-token.js';
import { eventually } from './support/wait.js';

const KEY = 'the-signing-key-of-this-test,-long-enough-for-it';

let server: ServerProcess;
let link: Link;
let ann: Person;
let expired: string;
let forged: string;
beforeAll(async () => {
  server = await startServer({ env: { NESTIM_TOKEN_KEY: KEY } });
  ann = await aUser(server, 'ann');
  const claims = claimsOf(ann.token);
  expired = signToken({ ...claims, iat: claims.iat - 100, exp: claims.iat - 50 }, KEY);
  forged = signToken(claims, 'x'.repeat(40));
});
afterAll(() => server.stop());
beforeEach(async () => {
  link = await startLink(server.port);
});
afterEach(async () => {
  await endSdkStory();
  await link.close();
});

/** Gives these tokens one after the other, the last one for ever; an error is thrown. */
function tokens(...given: (string | null | Error)[]): { getToken: GetToken; reasons: string[] } {
  const reasons: string[] = [];
  return {
    reasons,
    getToken: ({ reason }) => {
      reasons.push(reason);
      const next = given.length > 1 ? given.shift()! : given[0]!;
      if (next instanceof Error) throw next;
      return next;
    },
  };
}

/** What the client said of its connection, one line each. */
function states(client: Watched): string[] {
  const seen: string[] = [];
  client.on('state', ({ state, error }) => seen.push(error ? `${state} ${error.code}` : state));
  return seen;
}

it('goes through its states, and comes back after a break by itself', async () => {
  const client = sdkClient(link, ann);
  expect([client.state, client.userId]).toEqual(['idle', undefined]);
  const seen = states(client);
  await client.connect();
  expect([client.state, client.userId]).toEqual(['online', ann.userId]);
  const offline = new Promise<ConnectionStatus>((resolve) => {
    client.on('state', (status) => status.state === 'offline' && resolve(status));
  });
  const cutAt = Date.now();
  link.cut();
  expect(await offline).toMatchObject({
    reconnects: true,
    error: { code: 'CONNECTION_LOST', temporary: true },
  });
  expect((await offline).retryAt).toBeGreaterThanOrEqual(cutAt);
  link.mend();
  await eventually(() => client.state === 'online', 'the client to be back');
  expect(seen.slice(0, 4)).toEqual(['connecting', 'syncing', 'online', 'offline CONNECTION_LOST']);
  expect(seen.slice(-2)).toEqual(['syncing', 'online']);
  client.close();
  expect(client.status).toMatchObject({ state: 'closed', reconnects: false, error: { code: 'CLOSED' } });
});

it('keeps trying while there is no server, and connect() waits for it', async () => {
  link.cut();
  const client = sdkClient(link, ann);
  let online = false;
  const connecting = client.connect().then(() => (online = true));
  await new Promise<void>((resolve) => {
    let failures = 0;
    client.on('state', ({ state }) => state === 'offline' && (failures += 1) === 3 && resolve());
  });
  expect(online).toBe(false);
  link.mend();
  await connecting;
  expect(client.state).toBe('online');
});

it('waits longer for an answer each time in a row that there was none', async () => {
  const waits: number[] = [];
  const environment = {
    now: () => Date.now(),
    random: () => 0,
    after: (ms: number, task: () => void) => {
      if (ms >= 15_000) waits.push(ms);
      // Where no answer can come, time flies.
      const timer = setTimeout(task, link.muted ? ms / 150 : ms);
      return () => clearTimeout(timer);
    },
  };
  link.mute();
  const client = sdkClient(link, ann, {}, environment);
  const seen = states(client);
  const connecting = client.connect();
  await eventually(() => seen.filter((state) => state === 'offline NO_ANSWER').length >= 4, 'four silences');
  link.unmute();
  await connecting;
  expect(waits.slice(0, 5)).toEqual([15_000, 30_000, 60_000, 60_000, 60_000]);
  waits.length = 0;
  link.cut();
  await eventually(() => client.state === 'offline', 'the break');
  link.mend();
  await eventually(() => client.state === 'online', 'the client to be back');
  expect(waits).toContain(15_000);
});

it('asks for another token when the server finds one expired', async () => {
  const { getToken, reasons } = tokens(expired, ann.token);
  const client = sdkClient(server, ann, { getToken });
  const seen = states(client);
  await client.connect();
  expect(reasons).toEqual(['connect', 'refused']);
  expect(seen).toEqual(['connecting', 'connecting TOKEN_EXPIRED', 'syncing', 'online']);
});

it('waits between tries when every token is expired, and goes on', async () => {
  const { getToken, reasons } = tokens(expired, expired, expired, ann.token);
  const client = sdkClient(server, ann, { getToken });
  const seen = states(client);
  await client.connect();
  expect(reasons).toEqual(['connect', 'refused', 'refused', 'refused']);
  expect(seen.filter((state) => state === 'offline TOKEN_EXPIRED')).toHaveLength(2);
});

it("stops when a fresh token is not the server's", async () => {
  const { getToken, reasons } = tokens(forged);
  const client = sdkClient(server, ann, { getToken });
  await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(reasons).toEqual(['connect', 'refused']);
  expect(client.status).toMatchObject({ state: 'closed', reconnects: false });
});

it('stops when nobody is logged in, goes on when getToken fails', async () => {
  const out = sdkClient(server, ann, { getToken: tokens(null).getToken });
  await expect(out.connect()).rejects.toMatchObject({ code: 'LOGGED_OUT' });

  const failing = sdkClient(server, ann, { getToken: tokens(new Error('no network'), ann.token).getToken });
  const seen = states(failing);
  await failing.connect();
  expect(seen).toContain('offline TOKEN_UNAVAILABLE');
});

it('stops for good when the login is ended, and starts again with the next one', async () => {
  const eve = await aUser(server, 'eve');
  let token = eve.token;
  const client = await sdkOnline(server, eve, { getToken: () => token });
  const closed = new Promise<ConnectionStatus>((resolve) => {
    client.on('state', (status) => status.state === 'closed' && resolve(status));
  });
  await eve.api.post('/auth/logout');
  expect(await closed).toMatchObject({ reconnects: false, error: { code: 'SESSION_REVOKED' } });
  await expect(client.connect()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  token = await aToken(server, eve.userId);
  await client.connect();
  await client.messages.send({ to: ann, type: 'text', content: { text: 'back' } });
});

it('serves one user only', async () => {
  const eve = await aUser(server, 'eve');
  const client = sdkClient(server, eve, { userId: ann.userId });
  await expect(client.connect()).rejects.toMatchObject({ code: 'USER_CHANGED' });
  const nobody = sdkClient(server, { token: 'no token at all' });
  const refused: unknown = await nobody.connect().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NestimError);
  expect(refused).toMatchObject({ code: 'USER_UNKNOWN' });
});

it('fetches the next token before the present one ends, and loses nothing by the change', async () => {
  const late: { ms: number; task: () => void }[] = [];
  const environment = {
    now: () => Date.now(),
    random: () => 0.5,
    after: (ms: number, task: () => void) => {
      if (ms > 60_000) late.push({ ms, task });
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  };
  const second = await aToken(server, ann.userId);
  const { getToken, reasons } = tokens(ann.token, second);
  const client = sdkClient(server, ann, { getToken }, environment);
  await client.connect();
  const seen = states(client);
  expect(late).toHaveLength(1);
  // An hour, less a minute and a half: a minute's lead, spread by half of it; and what has passed since the login.
  expect(late[0]!.ms).toBeLessThanOrEqual(3_510_000);
  expect(late[0]!.ms).toBeGreaterThan(3_300_000);
  late[0]!.task();
  const text = { type: 'text', content: { text: 'meanwhile' } } as const;
  const sends = Array.from({ length: 20 }, () => client.messages.send({ to: ann, ...text }));
  await eventually(() => seen.at(-1) === 'online', 'the change');
  expect(reasons).toEqual(['connect', 'expiring']);
  expect(seen).toEqual(['connecting TOKEN_RENEWED', 'syncing', 'online']);
  expect((await Promise.all(sends)).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
});
