import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStorage, type Message, type PendingMessage } from '@nestim/sdk';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type Link, startLink } from './support/link.js';
import { endSdkStory, say, sdkClient, sdkOnline, textsOf, untilTold, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

describe('a server that is killed while people send', () => {
  it('stores each message once and in order, and everybody is told so', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'nestim-sdk-'));
    const env = { NESTIM_ADMIN_TOKEN: 'kill-'.repeat(8) };
    let server = await startServer({ dataDir, env });
    const { port } = server;
    const people = [await aUser(server, 'ann'), await aUser(server, 'bob'), await aUser(server, 'eve')];
    const group = await aGroup(people[0]!, people);
    const clients = await Promise.all(people.map((person) => sdkOnline(server, person)));

    const sent: Promise<Message>[] = [];
    const texts = clients.map((_, c) => Array.from({ length: 40 }, (_, n) => `${c}-${n}`));
    for (let kill = 0; kill < 2; kill++) {
      const begun = clients.flatMap((client, c) =>
        texts[c]!.slice(kill * 20, kill * 20 + 20).map((text) => say(client, group, text)),
      );
      sent.push(...begun);
      await begun[5 + kill * 4];
      await server.kill();
      server = await startServer({ dataDir, port, env });
    }
    const stored = await Promise.all(sent);
    expect(new Set(stored.map(({ seq }) => seq)).size).toBe(120);
    await eventually(() => clients.every(({ told }) => told.length === 120), 'everybody to be told');
    for (const [c, client] of clients.entries()) {
      expect(client.told.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1));
      const mine = client.told.filter(({ senderId }) => senderId === people[c]!.userId);
      expect(textsOf(mine)).toEqual(texts[c]);
    }
    await endSdkStory();
    await server.stop();
  }, 60_000);
});

describe('an outbox', () => {
  let server: ServerProcess;
  let link: Link;
  let ann: Person;
  let bob: Person;
  let bobOnline: Watched;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    link = await startLink(server.port);
    [ann, bob] = [await aUser(server, 'ann'), await aUser(server, 'bob')];
    bobOnline = await sdkOnline(server, bob);
  });
  afterEach(async () => {
    await endSdkStory();
    await link.close();
  });

  it('sends again what was stored but not acknowledged, and it is one message', async () => {
    const online = await sdkOnline(link, ann);
    link.mute();
    const sending = say(online, bob, 'ack me');
    await eventually(() => bobOnline.told.length === 1, 'the message to be stored');
    expect(online.messages.pending()).toMatchObject([
      { state: 'pending', outgoing: { content: { text: 'ack me' } } },
    ]);
    link.cut();
    link.unmute();
    link.mend();
    expect(await sending).toEqual(bobOnline.told[0]);
    await say(online, bob, 'next');
    await eventually(() => bobOnline.told.length === 2, 'the next one');
    expect(textsOf(bobOnline.told)).toEqual(['ack me', 'next']);
    expect(online.messages.pending()).toEqual([]);
  });

  it('does not wait for ever on a wire that has gone silent', async () => {
    const online = await sdkOnline(link, ann, { timeoutMs: 500 });
    const errors: string[] = [];
    online.on('state', ({ error }) => error && errors.push(error.code));
    link.mute();
    const sending = say(online, bob, 'anyone?');
    await eventually(() => errors.includes('NO_ANSWER'), 'the silence to be noticed');
    link.unmute();
    expect(await sending).toEqual(bobOnline.told[0]);
    expect(bobOnline.told).toHaveLength(1);
  });

  it('keeps order when the wire breaks again and again', async () => {
    const online = await sdkOnline(link, ann);
    const sends = Array.from({ length: 60 }, (_, n) => say(online, bob, String(n)));
    for (const nth of [5, 20, 21, 40]) {
      await sends[nth];
      link.cut();
      link.mend();
    }
    await Promise.all(sends);
    await eventually(() => bobOnline.told.length === 60, 'all to arrive');
    expect(textsOf(bobOnline.told)).toEqual(Array.from({ length: 60 }, (_, n) => String(n)));
    expect(textsOf(online.told)).toEqual(textsOf(bobOnline.told));
  });

  it('outlives the page: what one page could not send the next one does, once', async () => {
    const storage = memoryStorage();
    const first = await sdkOnline(link, ann, { storage });
    link.mute();
    const lost = ['one', 'two', 'three'].map((text) => say(first, bob, text));
    await eventually(() => bobOnline.told.length === 1, 'the first one to be stored');
    first.close();
    for (const sending of lost)
      await expect(sending).rejects.toMatchObject({ code: 'CLOSED', temporary: false });

    link.unmute();
    const second = sdkClient(link, ann, { storage, userId: ann.userId });
    const ends: PendingMessage[] = [];
    second.on('outbox', (pending) => pending.state !== 'pending' && ends.push(pending));
    await eventually(() => second.messages.pending().length === 3, 'the next page to find them');
    const fourth = say(second, bob, 'four');
    await second.connect();
    await fourth;
    await eventually(() => bobOnline.told.length === 4, 'all to arrive');
    expect(textsOf(bobOnline.told)).toEqual(['one', 'two', 'three', 'four']);
    expect(ends.map(({ state, message }) => [state, message])).toEqual(
      bobOnline.told.map((message) => ['sent', message]),
    );
    second.close();
    const third = await sdkOnline(link, ann, { storage });
    expect(third.messages.pending()).toEqual([]);
  });

  it('is sent by two tabs that share it without doubling anything', async () => {
    const storage = memoryStorage();
    const offline = sdkClient(link, ann, { storage, userId: ann.userId });
    link.cut();
    const texts = Array.from({ length: 20 }, (_, n) => String(n));
    const sends = texts.map((text) => say(offline, bob, text));
    void offline.connect();
    await eventually(() => offline.state === 'offline', 'the first tab to be offline');
    link.mend();
    const other = await sdkOnline(link, ann, { storage, userId: ann.userId });
    const more = say(other, bob, 'more');
    await Promise.all([...sends, more]);
    await eventually(() => bobOnline.told.length === 21, 'all to arrive');
    expect(textsOf(bobOnline.told)).toEqual([...texts, 'more']);
    expect(storage.get(`nestim:outbox:${link.url}:${ann.userId}`)).toBeNull();
  });

  it('is never sent by another user of the same browser', async () => {
    const storage = memoryStorage();
    const anns = sdkClient(link, ann, { storage, userId: ann.userId });
    const sending = say(anns, bob, 'private');
    anns.close();
    await expect(sending).rejects.toMatchObject({ code: 'CLOSED' });
    const eve = await aUser(server, 'eve');
    const eves = await sdkOnline(link, eve, { storage });
    expect(eves.messages.pending()).toEqual([]);
    await say(eves, bob, 'from eve');
    await eventually(() => bobOnline.told.length === 1, "eve's message");
    eves.close();
    await sdkOnline(link, ann, { storage });
    await eventually(() => bobOnline.told.length === 2, "ann's message");
    expect(bobOnline.told.map(({ senderId }) => senderId)).toEqual([eve.userId, ann.userId]);
  });

  it('goes on after close() and connect(), and answers who asks again', async () => {
    const client = sdkClient(server, ann);
    const sending = client.messages.send({
      to: bob,
      clientMsgId: 'm',
      type: 'text',
      content: { text: 'late' },
    });
    client.close();
    await expect(sending).rejects.toMatchObject({ code: 'CLOSED' });
    await client.connect();
    const again = client.messages.send({
      to: bob,
      clientMsgId: 'm',
      type: 'text',
      content: { text: 'late' },
    });
    expect(await again).toMatchObject({ seq: 1, content: { text: 'late' } });
    expect(textsOf(await untilTold(client, 1))).toEqual(['late']);
  });

  it('sends all the same when the storage fails, and says so', async () => {
    const full = () => Promise.reject(new Error('quota'));
    const client = sdkClient(server, ann, {
      storage: { get: () => null, set: full, remove: () => undefined },
    });
    const warnings: string[] = [];
    client.on('warning', ({ code }) => warnings.push(code));
    await client.connect();
    await say(client, bob, 'anyway');
    expect(warnings).toEqual(['STORAGE_FAILED']);
  });
});
