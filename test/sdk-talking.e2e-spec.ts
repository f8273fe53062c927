import { ERRORS } from '@nestim/protocol';
import type { Conversation, Message } from '@nestim/sdk';
import { aGroup, aToken, aUser, type Person } from './support/factories.js';
import { endSdkStory, say, sdkOnline, textsOf, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

let server: ServerProcess;
let [ann, bob]: Person[] = [];
let [annOnline, bobOnline]: Watched[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  [ann, bob] = [await aUser(server, 'ann'), await aUser(server, 'bob')];
  [annOnline, bobOnline] = [await sdkOnline(server, ann), await sdkOnline(server, bob)];
});
afterEach(endSdkStory);

const only = (client: Watched): Conversation | undefined => client.conversations.list()[0];

it('two people talk: each sees every message once, in order, and his unread number', async () => {
  const sent = await say(annOnline!, bob!, 'one');
  await say(annOnline!, bob!, 'two');
  await eventually(() => bobOnline!.told.length === 2, 'bob to be told');
  await say(bobOnline!, ann!, 'three');
  await eventually(() => annOnline!.told.length === 3, 'ann to be told');

  for (const client of [annOnline!, bobOnline!]) {
    expect(textsOf(client.told)).toEqual(['one', 'two', 'three']);
    expect(client.conversations.messages(sent.conversationId)).toEqual(client.told);
  }
  expect(only(annOnline!)).toMatchObject({ unread: 1, maxSeq: 3, peer: { nickname: 'bob' } });
  expect(only(bobOnline!)).toMatchObject({
    unread: 0,
    maxSeq: 3,
    lastMessage: { content: { text: 'three' } },
  });
});

it('reading moves the number on every device, and the peer learns of it', async () => {
  const annsPhone = await sdkOnline(server, { token: await aToken(server, ann!.userId) });
  for (const text of ['one', 'two', 'three']) await say(bobOnline!, ann!, text);
  await eventually(
    () => annsPhone.told.length === 3 && annOnline!.told.length === 3,
    'both devices to be told',
  );
  const { conversationId } = only(annOnline!)!;

  expect(await annsPhone.conversations.read(conversationId, 2)).toEqual({ readSeq: 2, unread: 1 });
  expect(only(annsPhone)).toMatchObject({ readSeq: 2, unread: 1 });
  await eventually(() => only(annOnline!)!.readSeq === 2, 'the other device to follow');
  expect(only(annOnline!)).toMatchObject({ readSeq: 2, unread: 1 });
  await eventually(
    () => bobOnline!.conversations.receipts(conversationId).get(ann!.userId) === 2,
    'bob to know',
  );

  const ahead = [3, 99, 1].map((seq) => annOnline!.conversations.read(conversationId, seq));
  expect(await Promise.all(ahead)).toEqual(ahead.map(() => ({ readSeq: 3, unread: 0 })));
  await eventually(() => only(annsPhone)!.unread === 0, 'the phone to follow');
});

it('a read position that is not held is asked for anew', async () => {
  for (let n = 1; n <= 5; n++) await say(bobOnline!, ann!, String(n));
  const late = await sdkOnline(server, ann!);
  const { conversationId } = only(late)!;
  await annOnline!.conversations.read(conversationId, 2);
  await eventually(() => only(late)!.unread === 3, 'the number to be right');
});

it('people come and go in a group; the list and the windows follow', async () => {
  const eve = await aUser(server, 'eve');
  const eveOnline = await sdkOnline(server, eve);
  const group = await aGroup(ann!, [bob!], 'garden');
  await eventually(() => bobOnline!.groups.list().length === 1, 'bob to be in the group');
  await say(annOnline!, group, 'before eve');
  await eve.api.post(`/groups/${group.groupId}/join`);
  await say(bobOnline!, group, 'with eve');
  await eventually(() => eveOnline.told.length === 1, 'eve to be told');
  expect(textsOf(eveOnline.told)).toEqual(['with eve']);
  expect(only(eveOnline)).toMatchObject({ unread: 1, minSeq: 2, active: true, group: { name: 'garden' } });

  await eve.api.post(`/groups/${group.groupId}/leave`);
  await eventually(() => only(eveOnline)!.active === false, 'eve to be out');
  expect(eveOnline.groups.list()).toEqual([]);
  await expect(say(eveOnline, group, 'too late')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  await say(annOnline!, group, 'without eve');
  await eve.api.post(`/groups/${group.groupId}/join`);
  await say(annOnline!, group, 'again');
  await eventually(() => eveOnline.told.length === 2, 'eve to be told again');
  expect(textsOf(eveOnline.told)).toEqual(['with eve', 'again']);
});

it('history pages backwards without a hole, from what is held and from the server', async () => {
  const sends = Array.from({ length: 25 }, (_, n) => say(annOnline!, bob!, String(n + 1)));
  const { conversationId } = (await Promise.all(sends))[0]!;
  const late = await sdkOnline(server, bob!);
  const seen: Message[] = [];
  for (let before: number | undefined, more = true; more; before = seen[0]!.seq) {
    const page = await late.conversations.history(conversationId, { limit: 10, ...(before && { before }) });
    seen.unshift(...page.messages);
    ({ more } = page);
  }
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
  expect(textsOf(seen)).toEqual(Array.from({ length: 25 }, (_, n) => String(n + 1)));
  expect(late.conversations.messages(conversationId)).toEqual(seen);
  expect(late.told).toEqual([]);
  expect(await late.conversations.history(conversationId, { before: 4 })).toEqual({
    messages: seen.slice(0, 3),
    more: false,
  });
});

it('what is refused for good rejects with its code, and holds up nothing', async () => {
  const states: string[] = [];
  annOnline!.on('outbox', ({ state }) => states.push(state));
  const refused = say(annOnline!, { userId: 'nobody' }, 'hello?');
  await expect(refused).rejects.toMatchObject({
    code: 'USER_NOT_FOUND',
    temporary: ERRORS.USER_NOT_FOUND.temporary,
  });
  const clientMsgId = 'mine';
  const to = { userId: bob!.userId };
  const first = await annOnline!.messages.send({ to, clientMsgId, type: 'text', content: { text: 'one' } });
  const again = await annOnline!.messages.send({ to, clientMsgId, type: 'text', content: { text: 'one' } });
  expect(again).toEqual(first);
  const other = annOnline!.messages.send({ to, clientMsgId, type: 'text', content: { text: 'two' } });
  await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(annOnline!.messages.pending()).toEqual([]);
  expect(states).toEqual(['pending', 'failed', 'pending', 'sent', 'pending', 'sent', 'pending', 'failed']);
});

it('hundreds of messages at once from three senders come to everybody in one order', async () => {
  const eve = await aUser(server, 'eve');
  const eveOnline = await sdkOnline(server, eve);
  const group = await aGroup(ann!, [bob!, eve]);
  const clients = [annOnline!, bobOnline!, eveOnline];
  const sends = clients.flatMap((client, c) =>
    Array.from({ length: 80 }, (_, n) => say(client, group, `${c} ${n}`)),
  );
  await Promise.all(sends);
  await eventually(() => clients.every(({ told }) => told.length === 240), 'everybody to be told');
  for (const client of clients) {
    expect(client.told).toEqual(annOnline!.told);
    expect(client.told.map(({ seq }) => seq)).toEqual(Array.from({ length: 240 }, (_, n) => n + 1));
  }
  for (const c of [0, 1, 2]) {
    const own = textsOf(annOnline!.told).filter((text) => (text as string).startsWith(`${c} `));
    expect(own).toEqual(Array.from({ length: 80 }, (_, n) => `${c} ${n}`));
  }
});
