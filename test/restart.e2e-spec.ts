import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Message } from '@nestim/protocol';
import { api } from './support/api.js';
import { connect, newClientMsgId } from './support/client.js';
import { aGroup, aUser } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

/** Where the embedded store listened; a kill leaves it behind. */
const socketFolder = ({ storeUri }: ServerProcess): string =>
  dirname(decodeURIComponent(new URL(storeUri).hostname));

describe('a server that is killed', () => {
  it('has everything it acknowledged, once, and takes the sends again that it had not', async () => {
    const before = await startServer();
    const [ann, bob] = [await aUser(before, 'ann'), await aUser(before, 'bob')];
    const { conversationId } = await aGroup(ann, [bob]);
    const clients = [await ann.connect(), await bob.connect()];

    const acked = new Map<string, Message>();
    const open: { sender: number; clientMsgId: string }[] = [];
    let killed: Promise<void> | undefined;
    const lane = async (sender: number): Promise<void> => {
      // On and on, so that the kill always meets sends that are under way.
      for (;;) {
        const clientMsgId = newClientMsgId();
        const sending = clients[sender]!.send({ conversationId }, clientMsgId, clientMsgId);
        const stored = await Promise.race([sending, clients[sender]!.closed]).catch(() => null);
        if (stored === null || typeof stored === 'string') return void open.push({ sender, clientMsgId });
        acked.set(clientMsgId, stored);
        if (acked.size === 200) killed = before.kill();
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, i) => lane(i % 2)));
    await killed;
    expect(acked.size).toBeGreaterThanOrEqual(200);
    expect(open.length).toBeGreaterThan(0);

    expect(existsSync(socketFolder(before))).toBe(true);
    const after = await startServer({ dataDir: before.dataDir });
    expect(existsSync(socketFolder(before))).toBe(false);
    const again = [await connect(after.url, ann.token), await connect(after.url, bob.token)];
    for (const { sender, clientMsgId } of open) {
      acked.set(clientMsgId, await again[sender]!.send({ conversationId }, clientMsgId, clientMsgId));
    }
    const { messages, maxSeq } = await again[1]!.ask('message:pull', {
      conversationId,
      fromSeq: 1,
      limit: 500,
    });
    expect(maxSeq).toBe(acked.size);
    expect(messages.map((m) => m.seq)).toEqual(messages.map((_, index) => index + 1));
    expect(messages).toEqual([...acked.values()].sort((a, b) => a.seq - b.seq));

    const mine = messages.filter((m) => m.senderId === bob.userId).at(-1)!.seq;
    const { conversations } = await again[1]!.ask('conversation:list', {});
    expect(conversations[0]!.unread).toBe(messages.filter((m) => m.seq > mine).length);
    again.forEach((client) => client.close());
    await after.stop();
  });

  it('stops in order on SIGTERM and keeps logins and messages', async () => {
    const before = await startServer();
    const ann = await aUser(before, 'ann');
    const online = await ann.connect();
    const note = await online.send({ to: { userId: ann.userId } }, 'a note to myself');
    await before.stop({ keepData: true });
    await online.closed;

    const after = await startServer({ dataDir: before.dataDir });
    const page = await api(after.url, ann.token).get(`/conversations/${note.conversationId}/messages`);
    expect(page).toEqual({ messages: [note], minSeq: 1, maxSeq: 1 });
    await after.stop();
  });
});
