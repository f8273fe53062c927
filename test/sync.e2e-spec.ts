import type { Conversation, ConversationList, SyncResult } from '@nestim/protocol';
import { MongoClient } from 'mongodb';
import { type Client, Refused } from './support/client.js';
import { aGroup, aUser, type Person } from './support/factories.js';
import { endSdkStory, say, sdkOnline, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

/** What a client knows from `sync` alone: the SDK would mend by pulls and pushes what an answer lacks. */
class Replica {
  readonly conversations = new Map<string, Conversation>();
  readonly receipts = new Map<string, number>();
  cursor: string | undefined;
  resets = 0;

  constructor(private readonly client: Client) {}

  /** Runs to the end of what there is. @returns what came, in order */
  async run(limit?: number): Promise<SyncResult[]> {
    const pages: SyncResult[] = [];
    for (;;) {
      const page = await this.client.ask('sync', {
        ...(this.cursor !== undefined && { cursor: this.cursor }),
        ...(limit !== undefined && { limit }),
      });
      pages.push(page);
      this.apply(page);
      if (!page.more) return pages;
    }
  }

  private apply(page: SyncResult): void {
    if (page.reset) {
      this.resets += 1;
      this.conversations.clear();
      this.receipts.clear();
    }
    for (const conversation of page.conversations) {
      this.conversations.set(conversation.conversationId, conversation);
    }
    for (const { conversationId, userId, readSeq } of page.receipts) {
      this.receipts.set(`${conversationId} ${userId}`, readSeq);
    }
    this.cursor = page.cursor;
  }

  state(): Conversation[] {
    return [...this.conversations.values()].sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
  }
}

const idsOf = (pages: SyncResult[]): string[] =>
  pages.flatMap((page) => page.conversations.map(({ conversationId }) => conversationId));

async function listAll(person: Person): Promise<Conversation[]> {
  const found: Conversation[] = [];
  let query = '?limit=200';
  for (;;) {
    const page = await person.api.get<ConversationList>(`/conversations${query}`);
    found.push(...page.conversations);
    if (page.nextCursor === null) return found;
    query = `?limit=200&cursor=${page.nextCursor}`;
  }
}

describe('sync', () => {
  let server: ServerProcess;
  let me: Person;
  let peer: Person;
  let mine: Client;
  let theirs: Watched;
  let replica: Replica;
  const dm = (): string => `dm:${[me.userId, peer.userId].sort().join(':')}`;

  beforeAll(async () => {
    server = await startServer({ nodeArgs: ['--import', './test/support/turn-back-clock.mjs'] });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    [me, peer] = await Promise.all([aUser(server, 'me'), aUser(server, 'peer')]);
    [mine, theirs] = await Promise.all([me.connect(), sdkOnline(server, peer), sdkOnline(server, me)]);
    replica = new Replica(mine);
  });
  afterEach(async () => {
    mine.close();
    await endSdkStory();
  });

  it('begins with everything, page by page, and then tells nothing when nothing changed', async () => {
    await say(theirs, me, 'hello');
    const group = await aGroup(peer, [me], 'a group');
    for (let i = 0; i < 7; i++) await aGroup(me, [], `group ${i}`);
    const pages = await replica.run(2);
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.every((page) => page.conversations.length <= 2)).toBe(true);
    expect(pages.flatMap((page) => page.groups)).toContainEqual(group);
    expect(replica.state()).toEqual(await listAll(me));
    const [again, ...more] = await replica.run();
    expect(more).toEqual([]);
    expect(again).toMatchObject({ conversations: [], groups: [], friends: [], receipts: [], reset: false });
    const later = await aGroup(peer, [me], 'a later group');
    expect(await replica.run()).toMatchObject([{ groups: [later] }]);
  });

  const changes: [string, () => Promise<unknown>, () => string][] = [
    ['a message to me', () => say(theirs, me, 'hi'), dm],
    ['a message by me', () => mine.send({ to: { userId: peer.userId } }, 'hi'), dm],
    ['my reading elsewhere', async () => mine.ask('message:read', { conversationId: dm(), seq: 1 }), dm],
  ];
  it.each(changes)('tells the one conversation that changed by %s', async (_, change, where) => {
    await say(theirs, me, 'first');
    await aGroup(me, [peer]);
    await replica.run();
    await change();
    expect(idsOf(await replica.run())).toEqual([where()]);
    expect(replica.state()).toEqual(await listAll(me));
  });

  it('tells how far the other one has read', async () => {
    await mine.send({ to: { userId: peer.userId } }, 'did you get it?');
    await replica.run();
    await theirs.conversations.read(dm(), 1);
    const [page] = await replica.run();
    expect(page).toMatchObject({
      conversations: [],
      receipts: [{ conversationId: dm(), userId: peer.userId, readSeq: 1 }],
    });
  });

  it('tells of groups I join, leave and join again, and of nothing in them while I am away', async () => {
    const group = await aGroup(peer, [], 'open to all');
    await replica.run();
    await me.api.post(`/groups/${group.groupId}/join`, {});
    expect(idsOf(await replica.run())).toEqual([group.conversationId]);
    await say(theirs, group, 'welcome');
    expect(idsOf(await replica.run())).toEqual([group.conversationId]);
    await me.api.post(`/groups/${group.groupId}/leave`, {});
    expect(idsOf(await replica.run())).toEqual([group.conversationId]);
    await say(theirs, group, 'gone?');
    expect(idsOf(await replica.run())).toEqual([]);
    await me.api.post(`/groups/${group.groupId}/join`, {});
    expect(idsOf(await replica.run())).toEqual([group.conversationId]);
    expect(replica.state()).toEqual(await listAll(me));
  });

  it('begins anew for a cursor of another store, of the future or of long ago', async () => {
    await say(theirs, me, 'hello');
    await replica.run();
    const [epoch] = Buffer.from(replica.cursor!, 'base64url').toString().split('.');
    const cursor = (text: string): string => Buffer.from(text).toString('base64url');
    for (const foreign of [`other.1.1.-.`, `${epoch}.1.9999999999999999.-.`, `${epoch}.1000.2000.-.`, 'x']) {
      replica.cursor = cursor(foreign);
      const [page] = await replica.run();
      expect(page).toMatchObject({ reset: true, conversations: [{ conversationId: dm() }] });
    }
    const malformed = await mine.ask('sync', { cursor: '???' }).catch((error: unknown) => error);
    expect(malformed).toBeInstanceOf(Refused);
    expect((malformed as Refused).error).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('answers a crowd that asks at once as it answers each alone', async () => {
    const crowd = await Promise.all(Array.from({ length: 6 }, (_, i) => aUser(server, `of the crowd ${i}`)));
    const clients = await Promise.all(crowd.map((person) => person.connect()));
    const replicas = clients.map((client) => new Replica(client));
    const store = await MongoClient.connect(server.storeUri);
    const db = store.db('nestim');
    const conversation = {
      channelType: 1,
      joinSeq: 0,
      leftSeq: null,
      readSeq: 0,
      clearedSeq: 0,
      revision: 1,
    };
    // More rows than one query reads for all; they come behind every other conversation.
    const [first] = crowd.map(({ userId }) => userId).sort();
    const many = Array.from({ length: 1_100 }, (_, i) => ({
      ...conversation,
      ownerId: first,
      channelId: `x:${i}`,
    }));
    await db.collection('conversations').insertMany(many);
    // Each knows one change more than the one before him.
    for (const [place, person] of crowd.entries()) {
      const next = crowd[(place + 1) % crowd.length]!;
      await aGroup(person, crowd, `group ${place}`);
      await clients[place]!.send({ to: { userId: next.userId } }, 'did you get it?');
      const conversationId = `dm:${[person.userId, next.userId].sort().join(':')}`;
      await next.api.post(`/conversations/${conversationId}/read`, { seq: 1 });
      await db.collection('friends').insertMany(
        crowd.map(({ userId: ownerId }) => ({
          ownerId,
          friendId: `friend ${place}`,
          createdAt: Date.now(),
        })),
      );
      await replicas[place]!.run(200);
    }
    await store.close();
    const ask = async (place: number): Promise<Omit<SyncResult, 'cursor'>> => {
      const { cursor: _, ...states } = await clients[place]!.ask('sync', {
        cursor: replicas[place]!.cursor,
        limit: 200,
      });
      return states;
    };
    const places = [...crowd.keys()];
    const together = await Promise.all(places.map(ask));
    const alone: Omit<SyncResult, 'cursor'>[] = [];
    for (const place of places) alone.push(await ask(place));
    expect(together).toEqual(alone);
    expect(
      alone.map(({ receipts }, place) => receipts.some((r) => r.userId === crowd[place]!.userId)),
    ).toEqual(places.map(() => false));
    const known = places.map((place) => [alone[place]!.groups.length, alone[place]!.friends.length]);
    expect(known).toEqual(places.map((place) => [5 - place, 5 - place]));
    for (const client of clients) client.close();
  });

  it('misses nothing while everybody writes, reads, joins and leaves, with the clock turned back in the middle', async () => {
    const groups = await Promise.all(Array.from({ length: 4 }, (_, i) => aGroup(peer, [], `busy ${i}`)));
    const deeds = [
      (i: number) => say(theirs, me, `${i}`),
      (i: number) => say(theirs, groups[i % 4]!, `${i}`),
      (i: number) => mine.send({ to: { userId: peer.userId } }, `${i}`),
      async () => mine.ask('message:read', { conversationId: dm(), seq: 1_000 }),
      (i: number) => me.api.post(`/groups/${groups[i % 4]!.groupId}/join`, {}),
      (i: number) =>
        me.api.post(`/groups/${groups[i % 4]!.groupId}/leave`, {}).catch((error: unknown) => error),
    ];
    await say(theirs, me, 'first');
    let done = 0;
    const doing = Promise.all(
      Array.from({ length: 6 }, async (_, worker) => {
        for (let i = 0; i < 40; i++) {
          await deeds[(worker + i) % deeds.length]!(i);
          done += 1;
        }
      }),
    );
    let turned = false;
    while (done < 240) {
      await replica.run(1 + (done % 3));
      if (!turned && done > 120) {
        process.kill(server.pid, 'SIGUSR2');
        await eventually(() => server.lines.some((line) => line.includes('clock turned back')), 'the turn');
        turned = true;
      }
    }
    await doing;
    await replica.run();
    expect(turned).toBe(true);
    expect(replica.resets).toBe(0);
    expect(replica.state()).toEqual(await listAll(me));
  });

  it('goes on after kill -9, though the clock went back meanwhile', async () => {
    const first = await startServer();
    const [a, b] = [await aUser(first), await aUser(first)];
    let device = await a.connect();
    const known = new Replica(device);
    const other = await b.connect();
    await other.send({ to: { userId: a.userId } }, 'before');
    await known.run();
    await first.kill();
    const client = { ...first };
    const second = await startServer({
      dataDir: client.dataDir,
      env: { NESTIM_ADMIN_TOKEN: client.adminToken },
      nodeArgs: ['--import', './test/support/turn-back-clock.mjs'],
    });
    process.kill(second.pid, 'SIGUSR2');
    await eventually(() => second.lines.some((line) => line.includes('clock turned back')), 'the turn');
    const again = await aUser(second, 'sender');
    const sender = await again.connect();
    await sender.send({ to: { userId: a.userId } }, 'after');
    const { connect } = await import('./support/client.js');
    device = await connect(second.url, a.token);
    const resumed = new Replica(device);
    resumed.cursor = known.cursor;
    const pages = await resumed.run();
    expect(pages[0]!.reset).toBe(false);
    expect(idsOf(pages)).toEqual([`dm:${[a.userId, again.userId].sort().join(':')}`]);
    for (const open of [device, sender]) open.close();
    await second.stop();
  });

  it('R6: damaged rows keep no one from syncing', async () => {
    await say(theirs, me, 'hello');
    const store = await MongoClient.connect(server.storeUri);
    await store
      .db('nestim')
      .collection('conversations')
      .insertMany([
        {
          ownerId: me.userId,
          channelId: 'group:gone',
          channelType: 2,
          joinSeq: 0,
          readSeq: 0,
          clearedSeq: 0,
        },
        { ownerId: me.userId, channelId: 'dm:odd', revision: 'x' },
      ]);
    await store.close();
    await replica.run(1);
    expect(replica.state().map(({ conversationId }) => conversationId)).toEqual([dm()]);
  });
});
