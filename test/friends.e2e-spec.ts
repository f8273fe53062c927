import type { FriendList } from '@nestim/protocol';
import { MongoClient, ObjectId } from 'mongodb';
import { api } from './support/api.js';
import { aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

describe('friends', () => {
  let server: ServerProcess;
  let store: MongoClient;
  let me: Person;

  /** Plants rows as an import or an old version may have left them. */
  const plant = (...rows: object[]) =>
    store
      .db('nestim')
      .collection('friends')
      .insertMany(rows.map((row) => ({ _id: new ObjectId(), ownerId: me.userId, ...row })));
  const good = (friendId: string) => ({ friendId, remark: '', createdAt: 1 });
  const badRows = async (kind: string): Promise<number> => {
    const headers = { authorization: `Bearer ${server.adminToken}` };
    const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text();
    const line = new RegExp(`^nestim_bad_rows_total\\{[^}]*kind="${kind}"[^}]*\\} (\\d+)`, 'm').exec(metrics);
    return Number(line?.[1] ?? 0);
  };

  async function listAll(limit: number): Promise<{ userIds: string[]; pages: number }> {
    const userIds: string[] = [];
    let cursor: string | null = null;
    for (let pages = 1; ; pages++) {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: FriendList = await me.api.get<FriendList>(`/friends?limit=${limit}${query}`);
      expect(page.friends.length).toBeLessThanOrEqual(limit);
      userIds.push(...page.friends.map(({ userId }) => userId));
      cursor = page.nextCursor;
      if (cursor === null) return { userIds, pages };
    }
  }

  beforeAll(async () => {
    server = await startServer();
    store = await MongoClient.connect(server.storeUri);
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });
  beforeEach(async () => {
    me = await aUser(server);
  });

  it('lists my friends by userId, and nobody sees those of others', async () => {
    const [ann, bob, stranger] = await Promise.all([
      aUser(server, 'Ann', `ann-${me.userId}`),
      aUser(server, 'Bob', `bob-${me.userId}`),
      aUser(server),
    ]);
    await plant({ ...good(bob.userId), remark: 'from work', createdAt: 7 }, good(ann.userId));
    const list = await me.api.get<FriendList>('/friends');
    expect(list).toEqual({
      friends: [
        { userId: ann.userId, user: ann.user, remark: '', createdAt: 1 },
        { userId: bob.userId, user: bob.user, remark: 'from work', createdAt: 7 },
      ],
      nextCursor: null,
    });
    expect(await me.api.get(`/friends/${bob.userId}`)).toEqual({ friend: list.friends[1] });
    expect(await stranger.api.get('/friends')).toEqual({ friends: [], nextCursor: null });
    const foreign = await stranger.api.call('GET', `/friends/${bob.userId}`);
    expect(foreign).toMatchObject({ status: 404, body: { error: { code: 'USER_NOT_FOUND' } } });
    expect((await api(server.url).call('GET', '/friends')).status).toBe(401);
  });

  it('R4: shows a friend whose user is gone as a deleted user, and all others as they are', async () => {
    const ann = await aUser(server, 'Ann');
    await plant(good(ann.userId), good('gone'));
    const { friends } = await me.api.get<FriendList>('/friends');
    expect(friends).toContainEqual(expect.objectContaining({ userId: ann.userId, user: ann.user }));
    const user = { userId: 'gone', nickname: 'Deleted user', deleted: true };
    expect(friends).toContainEqual({ userId: 'gone', user, remark: '', createdAt: 1 });
    expect(friends).toHaveLength(2);
  });

  it('R3: answers a typed error when such a friend is asked for by himself', async () => {
    await plant(good('gone'));
    const answer = await me.api.call('GET', '/friends/gone');
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'INVALID_FRIEND_RECORD' } } });
  });

  it.each([1, 2, 3, 7])(
    'R5: pages of %i give each friend once, with damaged rows between them',
    async (limit) => {
      const ids = Array.from({ length: 6 }, (_, index) => `friend-${index}`);
      await plant(...ids.map(good));
      await plant(
        {},
        { friendId: 5 },
        { friendId: 6 },
        { friendId: { $ne: 1 } },
        { friendId: new ObjectId() },
      );
      const { userIds, pages } = await listAll(limit);
      expect(userIds).toEqual(ids);
      expect(pages).toBeLessThanOrEqual(12);
    },
  );

  it('R7: counts each damaged row by its kind', async () => {
    const before = [await badRows('friend_unnamed'), await badRows('friend_missing_user')];
    await plant({}, { friendId: 5 }, good('gone'));
    await me.api.get('/friends');
    expect([await badRows('friend_unnamed'), await badRows('friend_missing_user')]).toEqual([
      (before[0] ?? 0) + 2,
      (before[1] ?? 0) + 1,
    ]);
    const warnings = server.lines.filter((line) => line.includes('friend_unnamed'));
    expect(warnings.length).toBeLessThanOrEqual(1);
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1&limit=2',
    'cursor=!',
    'cursor=',
    'cursor[$gt]=',
    'page=1',
  ])('R17: refuses the query %s', async (query) => {
    const answer = await me.api.call('GET', `/friends?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  });
});
