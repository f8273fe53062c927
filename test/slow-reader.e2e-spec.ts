import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { MessagePage } from '@nestim/protocol';
import { WebSocket } from 'ws';
import { aGroup, aUser, type Person } from './support/factories.js';
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

describe('a client that does not read', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  it('is cut off with a code that says why, while the others get everything in order', async () => {
    const [writer, reader, deaf] = await Promise.all([aUser(server), aUser(server), aUser(server)]);
    const group = await aGroup(writer, [reader, deaf]);
    const { ws, socket } = await deafDevice(server, deaf);
    const [sending, receiving] = await Promise.all([writer.connect(), reader.connect()]);
    socket.pause();
    for (let i = 0; i < MESSAGES; i += 30) {
      await Promise.all(
        Array.from({ length: 30 }, () => sending.send({ conversationId: group.conversationId }, BIG)),
      );
    }
    await receiving.nextMessage((message) => message.seq === MESSAGES);
    const seqs = receiving.messages(group.conversationId).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: MESSAGES }, (_, i) => i + 1));

    const closed = once(ws, 'close');
    socket.resume();
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, String(reason)]).toEqual([4008, 'SLOW_READER']);

    const page = await deaf.api.get<MessagePage>(`/conversations/${group.conversationId}/messages?limit=10`);
    expect(page.messages.at(-1)!.seq).toBe(MESSAGES);
    for (const device of [sending, receiving]) device.close();
  });
});
