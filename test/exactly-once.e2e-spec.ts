import type { Message, MessagePage } from '@nestim/protocol';
import { aGroup, aUser, type Person } from './support/factories.js';
import { endSdkStory, sdkOnline, untilTold } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';

describe('one clientMsgId', () => {
  let server: ServerProcess;
  let ada: Person;
  let bob: Person;
  beforeAll(async () => {
    server = await startServer();
    [ada, bob] = await Promise.all([aUser(server), aUser(server)]);
  });
  afterEach(endSdkStory);
  afterAll(() => server.stop());

  const text = (content: string, clientMsgId: string, to: object) => ({
    to,
    clientMsgId,
    type: 'text',
    content: { text: content },
  });
  const refusal = async (person: Person, body: object): Promise<[number, string]> => {
    const answer = await person.api.call('POST', '/messages', body);
    return [answer.status, answer.body?.error?.code];
  };

  it('G2: whose ack was dropped, who then left, still gets the same message on the retry', async () => {
    const { groupId, conversationId } = await aGroup(ada, [bob]);
    const [sender, watcher] = [await bob.connect(), await sdkOnline(server, ada)];
    const send = text('last words', 'dropped', { groupId });
    sender.socket.emit('message:send', send);
    const [stored] = await untilTold(watcher, 1);
    expect(stored).toMatchObject({ conversationId, clientMsgId: 'dropped' });
    sender.close();

    await bob.api.post(`/groups/${groupId}/leave`);
    const retried = await bob.api.post<{ message: Message }>('/messages', send);
    expect(retried.message).toEqual(stored);
    expect(await refusal(bob, text('one more', 'later', { groupId }))).toEqual([403, 'NOT_A_MEMBER']);
    expect(await refusal(bob, text('other words', 'dropped', { groupId }))).toEqual([
      409,
      'IDEMPOTENCY_CONFLICT',
    ]);

    const page = await ada.api.get<MessagePage>(`/conversations/${conversationId}/messages`);
    expect(page.messages).toEqual([stored]);
    expect(watcher.told).toEqual([stored]);
  });

  it.each([
    ['another text', text('other', 'conflict', { userId: 'PEER' })],
    ['another type', { ...text('', 'conflict', { userId: 'PEER' }), type: 'custom', content: { name: 'n' } }],
    ['another conversation', text('first', 'conflict', { userId: 'SELF' })],
  ])('G2: with %s it is a conflict, while the first is under way and after it', async (_, other) => {
    const [me, peer] = await Promise.all([aUser(server), aUser(server)]);
    const named = JSON.parse(
      JSON.stringify(other).replace('PEER', peer.userId).replace('SELF', me.userId),
    ) as object;
    const first = text('first', 'conflict', { userId: peer.userId });
    const [ok, under] = await Promise.all([me.api.call('POST', '/messages', first), refusal(me, named)]);
    // Requests may overtake each other: then the other one was first.
    const [winner, loser] = ok.status === 200 ? [first, under] : [named, [ok.status, ok.body.error.code]];
    expect(loser).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    expect(await refusal(me, winner === first ? named : first)).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    expect((await me.api.call('POST', '/messages', winner)).status).toBe(200);
  });

  it('G2: content comes back as it was sent, and a repeat of it is the same send', async () => {
    const custom = {
      to: { userId: bob.userId },
      clientMsgId: 'exact',
      type: 'custom',
      content: {
        name: 'odd',
        data: {
          $set: 1,
          'a.b': [null, -0, 1e21, 2 ** 53, 0.1],
          '': '\0',
          long: 4_294_967_296,
          e: 'e\u0301 ',
        },
      },
    };
    const first = await ada.api.post<{ message: Message }>('/messages', custom);
    expect(first.message.content).toEqual(JSON.parse(JSON.stringify(custom.content)));
    expect(await ada.api.post('/messages', custom)).toEqual(first);
  });

  it('of two senders is two messages', async () => {
    const body = (to: Person) => text('mine', 'shared-id', { userId: to.userId });
    const one = await ada.api.post<{ message: Message }>('/messages', body(bob));
    const two = await bob.api.post<{ message: Message }>('/messages', body(ada));
    expect(two.message.seq).toBe(one.message.seq + 1);
  });

  it('G1: what is acknowledged over REST is what history shows at once', async () => {
    const { groupId, conversationId } = await aGroup(ada);
    const acked: Message[] = [];
    for (let i = 0; i < 20; i++) {
      acked.push(
        (await ada.api.post<{ message: Message }>('/messages', text(`${i}`, `h${i}`, { groupId }))).message,
      );
      const page = await ada.api.get<MessagePage>(`/conversations/${conversationId}/messages?limit=1`);
      expect(page).toEqual({ messages: [acked.at(-1)], minSeq: 1, maxSeq: i + 1 });
    }
  });
});
