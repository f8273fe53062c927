import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Message } from '@nestim/protocol';
import { aGroup, aUser } from './support/factories.js';
import { closeSdkClients, endSdkStory, say, sdkOnline, untilTold } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually, within } from './support/wait.js';

/** Where the embedded store listened; a kill leaves it behind. */
const socketFolder = ({ storeUri }: ServerProcess): string =>
  dirname(decodeURIComponent(new URL(storeUri).hostname));

describe('a server that is killed', () => {
  afterEach(closeSdkClients);

  it('has everything it acknowledged, once, and takes the sends again that it had not', async () => {
    const before = await startServer();
    const { port, dataDir } = before;
    const [ann, bob] = [await aUser(before, 'ann'), await aUser(before, 'bob')];
    const groups = await Promise.all(Array.from({ length: 5 }, () => aGroup(ann, [bob])));
    const clients = [await sdkOnline(before, ann), await sdkOnline(before, bob)];

    const acked: Message[] = [];
    let kill = (): void => {};
    const killed = new Promise<void>((resolve) => (kill = () => resolve(before.kill())));
    let restarted = false;
    const lane = async (sender: number, group: (typeof groups)[number]): Promise<void> => {
      // On and on, so that the kill always meets sends that are under way.
      while (!restarted) {
        acked.push(await say(clients[sender]!, group, 'x'));
        if (acked.length === 200) kill();
      }
    };
    const lanes = Promise.all(groups.flatMap((group) => [0, 1].map((sender) => lane(sender, group))));
    lanes.catch(() => undefined);
    await within(killed, 'the kill');
    for (const client of clients) expect(client.messages.pending().length).toBeGreaterThan(0);

    expect(existsSync(socketFolder(before))).toBe(true);
    const after = await startServer({ dataDir, port });
    expect(existsSync(socketFolder(before))).toBe(false);
    restarted = true;
    await lanes;
    const byPlace = (a: Message, b: Message): number =>
      a.conversationId < b.conversationId ? -1 : a.conversationId > b.conversationId ? 1 : a.seq - b.seq;
    acked.sort(byPlace);
    for (const client of clients)
      expect([...(await untilTold(client, acked.length))].sort(byPlace)).toEqual(acked);
    await endSdkStory();
    await after.stop();
  });

  it('stops in order on SIGTERM and keeps logins and messages', async () => {
    const before = await startServer();
    const { port, dataDir } = before;
    const ann = await aUser(before, 'ann');
    const online = await sdkOnline(before, ann);
    const note = await say(online, ann, 'a note to myself');
    await before.stop({ keepData: true });
    await eventually(() => online.state !== 'online', 'the client to be cut off');

    const after = await startServer({ dataDir, port });
    await eventually(() => online.state === 'online', 'the client to be back');
    const late = await sdkOnline(after, ann);
    const { messages } = await late.conversations.history(note.conversationId);
    expect(messages).toEqual([note]);
    await endSdkStory();
    await after.stop();
  });
});
