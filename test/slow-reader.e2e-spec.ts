import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { MessagePage } from '@nestim/protocol';
import { WebSocket } from 'ws';
import { aGroup, aUser, type Person } from './support/factories.js';
import { endSdkStory, sdkOnline, untilTold } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const BIG = 'x'.repeat(20_000);
const MESSAGES = 900;

/** A device that can stop reading its connection. */
async function deafDevice(
  { url }: ServerProcess,
  { token }: Person,
): Promise<{ ws: WebSocket; socket: Socket }> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const connected = new Promise<void>((resolve) => {
    ws.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('0')) ws.send(`40${JSON.stringify({ token })}`);
      if (text.startsWith('40')) resolve();
    });
  });
  await connected;
  return { ws, socket: (ws as unknown as { _socket: Socket })._socket };
}

/** A connection over long polling that polls only when told to. */
class Poller {
  private constructor(private readonly address: string) {}

  static async connect({ url }: ServerProcess, { token }: Person): Promise<Poller> {
    const address = `${url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await new Poller(address).poll()).text.slice(1)) as { sid: string };
    const poller = new Poller(`${address}&sid=${sid}`);
    await fetch(poller.address, { method: 'POST', body: `40${JSON.stringify({ token })}` });
    expect((await poller.poll()).text).toMatch(/^40/);
    return poller;
  }

  async poll(): Promise<{ status: number; text: string }> {
    const response = await fetch(this.address);
    return { status: response.status, text: await response.text() };
  }
}

describe('a client that does not read', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer();
  });
  afterEach(endSdkStory);
  afterAll(() => server.stop());

  it('is cut off with a code that says why, while the others get everything in order', async () => {
    const [writer, reader, deaf] = await Promise.all([aUser(server), aUser(server), aUser(server)]);
    const group = await aGroup(writer, [reader, deaf]);
    const { ws, socket } = await deafDevice(server, deaf);
    const [sending, receiving] = await Promise.all([writer.connect(), sdkOnline(server, reader)]);
    socket.pause();
    for (let i = 0; i < MESSAGES; i += 30) {
      await Promise.all(
        Array.from({ length: 30 }, () => sending.send({ conversationId: group.conversationId }, BIG)),
      );
    }
    const seqs = (await untilTold(receiving, MESSAGES)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: MESSAGES }, (_, i) => i + 1));

    const closed = once(ws, 'close');
    socket.resume();
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, String(reason)]).toEqual([4008, 'SLOW_READER']);

    const page = await deaf.api.get<MessagePage>(`/conversations/${group.conversationId}/messages?limit=10`);
    expect(page.messages.at(-1)!.seq).toBe(MESSAGES);
    sending.close();
  });

  it('is cut off over long polling, too, and one that polls is not', async () => {
    const [writer, reader, deaf] = await Promise.all([aUser(server), aUser(server), aUser(server)]);
    const { conversationId } = await aGroup(writer, [reader, deaf]);
    const sending = await writer.connect();
    const [polling, silent] = [await Poller.connect(server, reader), await Poller.connect(server, deaf)];
    let received = 0;
    for (let i = 0; i < 90; i += 30) {
      await Promise.all(Array.from({ length: 30 }, () => sending.send({ conversationId }, BIG)));
      while (received < i + 30) received += (await polling.poll()).text.split('"message:new"').length - 1;
    }
    expect(received).toBe(90);
    expect(await silent.poll()).toMatchObject({
      status: 400,
      text: expect.stringContaining('Session ID unknown'),
    });
    sending.close();
  });
});
