import type { ConversationList, Message, MessagePage } from '@nestim/protocol';
import { type Db, MongoClient } from 'mongodb';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

describe('conversations', () => {
  let server: ServerProcess;
  let client: MongoClient;
  let db: Db;
  let me: Person;
  let peer: Person;

  const dmWith = (person: Person): string => `dm:${[me.userId, person.userId].sort().join(':')}`;
  const list = async (query = ''): Promise<ConversationList> =>
    me.api.get<ConversationList>(`/conversations${query}`);
  const send = async (from: Person, to: object, clientMsgId: string): Promise<Message> => {
    const body = { to, clientMsgId, type: 'text', content: { text: clientMsgId } };
    return (await from.api.post<{ message: Message }>('/messages', body)).message;
  };
  /** Straight into the store, as a repair tool or another software may have done it. */
  const plantRow = (row: object) => db.collection('conversations').insertOne({ ownerId: me.userId, ...row });
  const row = { channelType: 1, joinSeq: 0, leftSeq: null, readSeq: 0, clearedSeq: 0, createdAt: 1 };
  const plantMessages = (conversationId: string, messages: object[]) =>
    db.collection('messages').insertMany(
      messages.map((message, i) => ({
        conversationId,
        seq: i + 1,
        senderId: peer.userId,
        clientMsgId: `planted-${conversationId}-${i}`,
        type: 'text',
        content: { text: String(i + 1) },
        sentAt: 1,
        ...message,
      })),
    );

  beforeAll(async () => {
    server = await startServer();
    client = await MongoClient.connect(server.storeUri);
    db = client.db('nestim');
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });
  beforeEach(async () => {
    [me, peer] = await Promise.all([aUser(server, 'me'), aUser(server, 'peer')]);
  });

  it('R4 R6: damaged rows are marked or left out, and the others come back whole', async () => {
    await send(peer, { userId: me.userId }, 'hello');
    const group = await aGroup(me, [peer]);
    await plantRow({ ...row, channelId: dmWith({ ...peer, userId: 'gone' }) });
    await plantRow({ ...row, channelId: 'group:gone', channelType: 2 });
    await plantRow({ ...row, channelId: 'group:odd' });
    await plantRow({ channelId: 'dm:nothing-else' });
    await plantRow({ ...row, channelId: `${dmWith(peer)}____cmd` });
    await plantRow({ ...row, channelId: 'no channel at all', joinSeq: 'x' });

    const { conversations, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(conversations.map(({ conversationId }) => conversationId).sort()).toEqual(
      [dmWith(peer), dmWith({ ...peer, userId: 'gone' }), group.conversationId].sort(),
    );
    expect(conversations.find(({ peer: other }) => other?.userId === 'gone')).toMatchObject({
      peer: { deleted: true },
      unread: 0,
      lastMessage: null,
    });
    expect(conversations.find(({ conversationId }) => conversationId === dmWith(peer))).toMatchObject({
      peer: { nickname: 'peer' },
      unread: 1,
      lastMessage: { content: { text: 'hello' } },
    });
  });

  it.each([1, 2, 3])('R5: pages of %i go past damaged rows and lose none', async (limit) => {
    const people = await Promise.all(Array.from({ length: 5 }, () => aUser(server)));
    for (const person of people) await send(person, { userId: me.userId }, 'hi');
    for (const channelId of ['dm:', 'dm:x', 'group:none', 'zzz'])
      await plantRow({ ...row, channelId, channelType: 2 });

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: ConversationList = await list(`?limit=${limit}${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.conversations.map(({ conversationId }) => conversationId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(people.map(dmWith).sort());
  });

  it('R2 R6: a message with missing parts, or of a missing user, does not break history', async () => {
    await send(peer, { userId: me.userId }, 'whole');
    const { conversationId, groupId } = await aGroup(me, [peer]);
    const bare = { senderId: undefined, type: undefined, content: undefined, sentAt: undefined };
    await plantMessages(conversationId, [bare, { senderId: 'gone' }, {}]);

    const page = await me.api.get<MessagePage>(`/conversations/${conversationId}/messages`);
    expect(page.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(page.messages[0]).toMatchObject({ senderId: '', content: {}, type: 'system', sentAt: 0 });
    expect((await send(me, { groupId }, 'next')).seq).toBe(4);
  });

  it('G5: what never counts is subtracted exactly, wherever it stands', async () => {
    const { conversationId } = await aGroup(me, [peer]);
    const system = { type: 'system', senderId: '', uncounted: true };
    await plantMessages(conversationId, [
      system,
      {},
      {},
      system,
      {},
      { senderId: me.userId },
      {},
      system,
      system,
      {},
    ]);

    const unread = async (): Promise<number> =>
      (await list()).conversations.find((one) => one.conversationId === conversationId)!.unread;
    expect(await unread()).toBe(2);
    for (const [seq, left] of [
      [7, 1],
      [8, 1],
      [9, 1],
      [10, 0],
    ]) {
      const answer = await me.api.post(`/conversations/${conversationId}/read`, { seq });
      expect([answer, await unread()]).toEqual([{ readSeq: seq, unread: left }, left]);
    }
  });

  it('answers an unknown and a foreign conversation alike', async () => {
    await send(peer, { userId: peer.userId }, 'note');
    const group = await aGroup(peer);
    for (const id of [
      `dm:${peer.userId}:${peer.userId}`,
      group.conversationId,
      'group:unknown',
      dmWith(peer),
    ]) {
      for (const [method, path, body] of [
        ['GET', `/conversations/${id}/messages`, undefined],
        ['POST', `/conversations/${id}/read`, { seq: 1 }],
      ] as const) {
        const { status, body: answer } = await me.api.call(method, path, body);
        expect([id, status, answer.error.code]).toEqual([id, 404, 'CONVERSATION_NOT_FOUND']);
      }
    }
    expect((await list()).conversations).toEqual([]);
  });
});
