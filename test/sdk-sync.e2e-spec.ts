import type { ConnectionStatus } from '@nestim/sdk';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type Link, startLink } from './support/link.js';
import { endSdkStory, say, sdkOnline, textsOf, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

let server: ServerProcess;
let link: Link;
let [ann, bob, eve]: Person[] = [];
let bobOnline: Watched;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  link = await startLink(server.port);
  [ann, bob, eve] = [await aUser(server, 'ann'), await aUser(server, 'bob'), await aUser(server, 'eve')];
  bobOnline = await sdkOnline(server, bob);
});
afterEach(async () => {
  await endSdkStory();
  await link.close();
});

const away = async (client: Watched, whileAway: () => Promise<void>): Promise<void> => {
  link.cut();
  await eventually(() => client.state === 'offline', 'the client to be offline');
  await whileAway();
  link.mend();
  await eventually(() => client.state === 'online', 'the client to be back');
};

it('tells after a break what came meanwhile, in old, new and first conversations, each once', async () => {
  const group = await aGroup(bob!, [ann!]);
  await say(bobOnline, group, 'g1');
  const online = await sdkOnline(link, ann!);
  const eveOnline = await sdkOnline(server, eve!);
  await say(bobOnline, group, 'g2');
  await eventually(() => online.told.length === 1, 'the message before the break');

  let later: { groupId: string; conversationId: string };
  await away(online, async () => {
    for (const text of ['g3', 'g4', 'g5']) await say(bobOnline, group, text);
    for (const text of ['e1', 'e2']) await say(eveOnline, ann!, text);
    later = await aGroup(bob!, [ann!, eve!]);
    await say(eveOnline, later, 'l1');
  });
  await say(bobOnline, later!, 'l2');
  await eventually(() => online.told.length === 8, 'everything to be told');

  const toldIn = (conversationId: string): unknown[] =>
    textsOf(online.told.filter((message) => message.conversationId === conversationId));
  expect(toldIn(group.conversationId)).toEqual(['g2', 'g3', 'g4', 'g5']);
  expect(toldIn(later!.conversationId)).toEqual(['l1', 'l2']);
  expect(textsOf(online.told)).toEqual(expect.arrayContaining(['e1', 'e2']));
  expect(online.conversations.list().map(({ unread }) => unread)).toEqual([2, 2, 5]);
});

it('finds by seq what a live connection lost, and pulls exactly that', async () => {
  const online = await sdkOnline(link, ann!);
  await say(bobOnline, ann!, 'one');
  await eventually(() => online.told.length === 1, 'the first');
  link.mute();
  for (const text of ['two', 'three']) await say(bobOnline, ann!, text);
  await eventually(() => link.lost >= 2, 'the pushes to be lost');
  link.unmute();
  await say(bobOnline, ann!, 'four');
  await eventually(() => online.told.length === 4, 'the lost ones to be told');
  expect(textsOf(online.told)).toEqual(['one', 'two', 'three', 'four']);
  expect(online.state).toBe('online');
});

it('tells of a gap when more was missed than it catches up with, and goes on without a hole', async () => {
  const online = await sdkOnline(link, ann!, { catchUpLimit: 10 });
  const { conversationId } = await say(bobOnline, ann!, '1');
  await eventually(() => online.told.length === 1, 'the first');
  const gaps: unknown[] = [];
  online.on('gap', (gap) => gaps.push(gap));
  await away(online, async () => {
    for (let n = 2; n <= 30; n++) await say(bobOnline, ann!, String(n));
  });
  expect(gaps).toEqual([{ conversationId, fromSeq: 2, toSeq: 20 }]);
  const newest = Array.from({ length: 10 }, (_, n) => String(n + 21));
  expect(textsOf(online.told)).toEqual(['1', ...newest]);
  expect(textsOf(online.conversations.messages(conversationId))).toEqual(newest);
  const { messages } = await online.conversations.history(conversationId, { before: 21, limit: 100 });
  expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(online.conversations.messages(conversationId)).toHaveLength(30);
});

it('two devices, one of them often away, end up with the same', async () => {
  const phone = await sdkOnline(link, ann!);
  const desk = await sdkOnline(server, ann!);
  const group = await aGroup(ann!, [bob!]);
  for (let round = 0; round < 5; round++) {
    await away(phone, async () => {
      await say(desk, group, `desk ${round}`);
      await say(bobOnline, ann!, `bob ${round}`);
      if (round % 2 === 0) await desk.conversations.read(desk.conversations.list()[0]!.conversationId, round);
    });
    await say(phone, group, `phone ${round}`);
  }
  await eventually(() => phone.told.length === 15 && desk.told.length === 15, 'both to be told');
  expect(phone.conversations.list()).toEqual(desk.conversations.list());
});

it('follows somebody who joins and leaves while he is away', async () => {
  const group = await aGroup(bob!);
  const online = await sdkOnline(link, ann!);
  const join = () => ann!.api.post(`/groups/${group.groupId}/join`);
  const leave = () => ann!.api.post(`/groups/${group.groupId}/leave`);
  await say(bobOnline, group, 'unseen');
  await join();
  await say(bobOnline, group, 'first');
  await eventually(() => online.told.length === 1, 'the first');
  await away(online, async () => {
    await leave();
    await say(bobOnline, group, 'unseen');
    await join();
    await say(bobOnline, group, 'second');
  });
  await eventually(() => online.told.length === 2, 'the second');
  expect(textsOf(online.told)).toEqual(['first', 'second']);
  await away(online, async () => {
    await say(bobOnline, group, 'third');
    await leave();
    await say(bobOnline, group, 'unseen');
  });
  expect(textsOf(online.told)).toEqual(['first', 'second', 'third']);
  expect(online.conversations.get(group.conversationId)).toMatchObject({ active: false, unread: 2 });
});

it('somebody who left stays right when the group is given up behind him', async () => {
  const group = await aGroup(bob!, [ann!]);
  await sdkOnline(server, ann!);
  await ann!.api.post(`/groups/${group.groupId}/leave`);
  await bob!.api.post(`/groups/${group.groupId}/leave`);
});

it('catches up when it was cut off because it read too slowly', async () => {
  const group = await aGroup(bob!, [ann!]);
  const online = await sdkOnline(link, ann!);
  const lost = new Promise<ConnectionStatus>((resolve) => {
    online.on('state', (status) => status.state === 'offline' && resolve(status));
  });
  link.stall();
  const writer = await bob!.connect();
  for (let seq = 0; seq < 900; seq += 30) {
    const target = { conversationId: group.conversationId };
    await Promise.all(Array.from({ length: 30 }, () => writer.send(target, 'x'.repeat(20_000))));
  }
  link.flow();
  expect(await lost).toMatchObject({
    reconnects: true,
    error: { code: 'CONNECTION_LOST', details: { closeCode: 4008, reason: 'SLOW_READER' } },
  });
  await eventually(() => online.told.length === 900, 'everything to be told');
  expect(online.told.map(({ seq }) => seq)).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
  writer.close();
});

it('begins anew when the server has other data than before', async () => {
  const env = {
    NESTIM_TOKEN_KEY: 'one-key-for-both-servers,-long-enough-for-it',
    NESTIM_ADMIN_TOKEN: 'x'.repeat(32),
  };
  const first = await startServer({ env });
  let person = await aUser(first, 'ann', 'ann');
  const online = await sdkOnline(first, person, { getToken: () => person.token });
  await say(online, { userId: 'ann' }, 'lost');
  await eventually(() => online.told.length === 1, 'the note');
  let resets = 0;
  online.on('reset', () => (resets += 1));

  const revoked = new Promise<void>((resolve) => {
    online.on('state', ({ error }) => error?.code === 'SESSION_REVOKED' && resolve());
  });
  await first.stop();
  const second = await startServer({ port: first.port, env });
  await revoked;
  person = await aUser(second, 'ann', 'ann');
  const other = await sdkOnline(second, person);
  for (const text of ['one', 'two', 'three']) await say(other, { userId: 'ann' }, text);
  await online.connect();
  expect(resets).toBe(1);
  await say(other, { userId: 'ann' }, 'four');
  await eventually(() => online.told.length === 2, 'the new note');
  expect(textsOf(online.told)).toEqual(['lost', 'four']);
  await endSdkStory();
  await second.stop();
});
