import { keepTokens, type SavedTokens } from '@nestim/sdk';
import { MongoClient } from 'mongodb';
import { api } from './support/api.js';
import { admin, register } from './support/factories.js';
import { endSdkStory, sdkClient, sdkOnline } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { claimsOf, signToken } from './support/sign-token.js';

const KEY = 'the-signing-key-of-this-test,-long-enough-for-it';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({ env: { NESTIM_TOKEN_KEY: KEY } });
});
afterEach(endSdkStory);
afterAll(() => server.stop());

/** What the tabs of a browser share. */
class Shelf {
  constructor(public tokens: SavedTokens | null) {}

  /** The `getToken` of one more tab. */
  tab = () =>
    keepTokens(
      server.url,
      () => this.tokens,
      (next) => (this.tokens = next),
    );
}

const expired = <T extends SavedTokens>(tokens: T): T => {
  const claims = claimsOf(tokens.accessToken);
  const accessToken = signToken({ ...claims, iat: claims.iat - 100, exp: claims.iat - 50 }, KEY);
  return { ...tokens, accessToken };
};

/** As if the present refresh token had replaced the former one long ago. */
async function forgetRotation(): Promise<void> {
  const store = await MongoClient.connect(server.storeUri);
  await store
    .db('nestim')
    .collection('sessions')
    .updateMany({}, { $set: { rotatedAt: 1 } });
  await store.close();
}

it('tabs that share a login go on with what the other one has fetched, and none ends it', async () => {
  const shelf = new Shelf(await register(server, 'ann'));
  const [one, two] = [shelf.tab(), shelf.tab()];
  const first = await one({ reason: 'connect' });
  expect(await two({ reason: 'connect' })).toBe(first);
  for (const [tab, other] of [
    [one, two],
    [two, one],
    [two, one],
  ] as const) {
    const { refreshToken } = shelf.tokens!;
    const next = await tab({ reason: 'expiring' });
    expect(shelf.tokens).toMatchObject({ accessToken: next });
    expect(shelf.tokens!.refreshToken).not.toBe(refreshToken);
    await forgetRotation();
    expect(await other({ reason: 'refused' })).toBe(next);
  }
  await sdkOnline(server, { token: '' }, { getToken: one });
  await endSdkStory();
  shelf.tokens = null;
  expect(await two({ reason: 'expiring' })).toBeNull();
});

it('a tab whose login has ended goes on with the one that another tab has begun meanwhile', async () => {
  const former = await register(server, 'bob');
  await former.api.post('/auth/logout');
  const { username } = former.user;
  const password = 'correct horse battery';
  const latest = await api(server.url).post<SavedTokens>('/auth/login', { username, password });
  const reads = [former, former, latest];
  const getToken = keepTokens(server.url, () => reads.shift() ?? latest);
  expect(await getToken({ reason: 'connect' })).toBe(former.accessToken);
  expect(await getToken({ reason: 'refused' })).toBe(latest.accessToken);
});

it("a refusal of the refresh token stops the client with the server's code", async () => {
  const cid = await register(server, 'cid');
  const refused = () => sdkClient(server, cid, { getToken: keepTokens(server.url, expired(cid)) });
  const [disabled, revoked] = [refused(), refused()];
  await admin(server).post(`/admin/users/${cid.userId}/disable`);
  await expect(disabled.connect()).rejects.toMatchObject({ code: 'USER_DISABLED' });
  expect(disabled.status).toMatchObject({ state: 'closed', error: { code: 'USER_DISABLED' } });
  await admin(server).post(`/admin/users/${cid.userId}/enable`);
  await expect(revoked.connect()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
});
