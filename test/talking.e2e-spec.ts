import { dmConversationId, type Message, type MessagePage } from '@nestim/protocol';
import type { Client } from './support/client.js';
import { aGroup, aUser, type Person, register } from './support/factories.js';
import { endSdkStory, say, sdkOnline, untilTold } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterEach(endSdkStory);
afterAll(() => server.stop());

/** Pushes come in order, so after a later one has arrived nothing sent before is under way. */
async function receivedSoFar(client: Client, sender: Client, to: Person): Promise<Message[]> {
  const { messageId } = await sender.send({ to: { userId: to.userId } }, 'marker');
  await client.nextMessage((m) => m.messageId === messageId);
  return client.messages().filter((m) => m.messageId !== messageId);
}

describe('two people', () => {
  it('register, connect and talk one to one', async () => {
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')];
    const [annOnline, bobOnline] = [await sdkOnline(server, ann), await sdkOnline(server, bob)];

    const question = await say(annOnline, bob, ' Tea?\n');
    expect(question).toMatchObject({
      conversationId: dmConversationId(ann.userId, bob.userId),
      seq: 1,
      senderId: ann.userId,
      type: 'text',
      content: { text: ' Tea?\n' },
    });
    expect(await untilTold(bobOnline, 1)).toEqual([question]);

    const { conversationId } = question;
    const content = { text: 'Yes.' };
    const answer = await bobOnline.messages.send({ conversationId, type: 'text', content });
    expect(answer.seq).toBe(2);
    expect(await untilTold(annOnline, 2)).toEqual([question, answer]);
  });

  it('may be one: a note to oneself reaches each other device once', async () => {
    const ann = await aUser(server);
    const [sender, other] = [await ann.connect(), await ann.connect()];
    const to = { userId: ann.userId };
    const notes = [await sender.send({ to }, 'milk'), await sender.send({ to }, 'bread')];
    await other.nextMessage(({ seq }) => seq === 2);
    const marker = await other.send({ to }, 'eggs');
    await sender.nextMessage(({ seq }) => seq === 3);
    expect(sender.messages()).toEqual([marker]);
    expect(other.messages()).toEqual(notes);
    sender.close();
    other.close();
  });

  it('may send the same thing over REST and read it there', async () => {
    const [ann, bob] = [await aUser(server), await aUser(server)];
    const bobOnline = await sdkOnline(server, bob);
    const body = {
      to: { userId: bob.userId },
      clientMsgId: 'over-rest',
      type: 'text',
      content: { text: 'hello' },
    };
    const { message } = await ann.api.post<{ message: Message }>('/messages', body);
    expect(await untilTold(bobOnline, 1)).toEqual([message]);
    const again = await ann.api.post<{ message: Message }>('/messages', body);
    expect(again.message).toEqual(message);
    const page = await bob.api.get<MessagePage>(`/conversations/${message.conversationId}/messages`);
    expect(page).toEqual({ messages: [message], minSeq: 1, maxSeq: 1 });
  });
});

describe('reading', () => {
  it('moves the read position forward only, never beyond the head, and tells the others', async () => {
    const [ann, bob] = [await aUser(server), await aUser(server)];
    const [annOnline, phone, laptop] = [
      await sdkOnline(server, ann),
      await sdkOnline(server, bob),
      await sdkOnline(server, bob),
    ];
    const receipts: unknown[] = [];
    for (const client of [annOnline, laptop]) client.on('receipt', (receipt) => receipts.push(receipt));
    for (const text of ['1', '2', '3', '4']) await say(annOnline, bob, text);
    const [{ conversationId }] = (await untilTold(phone, 4)) as [Message];
    const read = (seq: number) => phone.conversations.read(conversationId, seq);
    expect(await read(3)).toEqual({ readSeq: 3, unread: 1 });
    await eventually(() => receipts.length === 2, 'the others to be told');
    const receipt = { conversationId, userId: bob.userId, readSeq: 3 };
    expect(receipts).toEqual([receipt, receipt]);
    expect(await read(1)).toEqual({ readSeq: 3, unread: 1 });
    expect(await read(999)).toEqual({ readSeq: 4, unread: 0 });
    await say(annOnline, bob, '5');
    await untilTold(laptop, 5);
    expect(laptop.conversations.get(conversationId)).toMatchObject({ readSeq: 4, unread: 1 });
  });

  it('counts nothing that I wrote, nor what came before I wrote', async () => {
    const [ann, bob] = [await aUser(server), await aUser(server)];
    const [annOnline, bobOnline] = [await sdkOnline(server, ann), await sdkOnline(server, bob)];
    for (const text of ['1', '2']) await say(annOnline, bob, text);
    const { conversationId } = await say(bobOnline, ann, '3');
    await untilTold(annOnline, 3);
    const unread = () =>
      [annOnline, bobOnline].map((client) => client.conversations.get(conversationId)?.unread);
    expect(unread()).toEqual([1, 0]);
    await say(annOnline, bob, '4');
    await say(bobOnline, ann, '5');
    await untilTold(annOnline, 5);
    expect(unread()).toEqual([1, 0]);
  });
});

describe('a group', () => {
  it('brings every message to every member in the same order, and to nobody else', async () => {
    const [ann, bob, cleo, dan] = await Promise.all(
      ['ann', 'bob', 'cleo', 'dan'].map((n) => aUser(server, n)),
    );
    const group = await aGroup(ann!, [bob!, cleo!]);
    const members = await Promise.all([ann!, bob!, cleo!].map((person) => sdkOnline(server, person)));
    // What the SDK would not show an outsider must not reach his socket either.
    const [stranger, sender] = await Promise.all([dan!.connect(), ann!.connect()]);
    const sends = Array.from({ length: 30 }, (_, i) => say(members[i % 3]!, group, `${i}`));
    const sent = (await Promise.all(sends)).sort((a, b) => a.seq - b.seq);
    expect(sent.map((m) => m.seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    for (const member of members) expect(await untilTold(member, 30)).toEqual(sent);
    expect(await receivedSoFar(stranger, sender, dan!)).toEqual([]);
    [stranger, sender].forEach((socket) => socket.close());
  });
});

describe('on the wire', () => {
  const conversationOf = async (client: Client, conversationId: string) => {
    const { conversations } = await client.ask('conversation:list', {});
    return conversations.find((c) => c.conversationId === conversationId);
  };

  it('a message is pushed to every device but the one that sent it', async () => {
    const [ann, bob] = [await aUser(server), await aUser(server)];
    const [phone, laptop, bobOnline] = [await ann.connect(), await ann.connect(), await bob.connect()];
    const sent = await phone.send({ to: { userId: bob.userId } }, 'from the phone');
    expect(await laptop.nextMessage()).toEqual(sent);
    expect(await bobOnline.nextMessage()).toEqual(sent);
    expect(await receivedSoFar(phone, bobOnline, ann)).toEqual([]);
    for (const client of [phone, laptop, bobOnline]) client.close();
  });

  it('who joins is given what comes later, and who has left what came before', async () => {
    const [ann, bob] = [await aUser(server, 'ann'), await aUser(server, 'bob')];
    const { groupId, conversationId } = await aGroup(ann);
    const [annOnline, bobOnline] = [await ann.connect(), await bob.connect()];
    await annOnline.send({ conversationId }, 'before');
    const { joinSeq } = await bob.api.post<{ joinSeq: number }>(`/groups/${groupId}/join`);
    expect(joinSeq).toBe(1);
    const during = await annOnline.send({ conversationId }, 'during');
    expect(await bobOnline.nextMessage()).toEqual(during);
    const { leftSeq } = await bob.api.post<{ leftSeq: number }>(`/groups/${groupId}/leave`);
    expect(leftSeq).toBe(2);
    await annOnline.send({ conversationId }, 'after');
    expect(await receivedSoFar(bobOnline, annOnline, bob)).toEqual([during]);
    expect(await bobOnline.ask('message:pull', { conversationId, fromSeq: 0 })).toEqual({
      messages: [during],
      minSeq: 2,
      maxSeq: 2,
    });
    await expect(bobOnline.send({ conversationId }, 'still here?')).rejects.toThrow('NOT_A_MEMBER');
    expect(await conversationOf(bobOnline, conversationId)).toMatchObject({ active: false, unread: 1 });
    annOnline.close();
    bobOnline.close();
  });

  it('who was away finds the conversation unread and pulls what was missed, page by page', async () => {
    const [ann, bob] = [await aUser(server, 'ann'), await aUser(server, 'bob')];
    const annOnline = await ann.connect();
    const sent: Message[] = [];
    for (let i = 1; i <= 7; i += 1) sent.push(await annOnline.send({ to: { userId: bob.userId } }, `${i}`));
    const bobOnline = await bob.connect();
    const { conversationId } = sent[0]!;
    expect(await conversationOf(bobOnline, conversationId)).toMatchObject({
      unread: 7,
      maxSeq: 7,
      minSeq: 1,
      readSeq: 0,
      lastMessage: sent[6],
      peer: { userId: ann.userId, nickname: 'ann' },
    });
    const first = await bobOnline.ask('message:pull', { conversationId, fromSeq: 1, limit: 4 });
    expect(first).toEqual({ messages: sent.slice(0, 4), minSeq: 1, maxSeq: 7 });
    const rest = await bobOnline.ask('message:pull', { conversationId, fromSeq: 5 });
    expect(rest.messages).toEqual(sent.slice(4));
    const newest = await bobOnline.ask('message:pull', { conversationId, limit: 2 });
    expect(newest.messages).toEqual(sent.slice(5));
    annOnline.close();
    bobOnline.close();
  });
});
