import { once } from 'node:events';
import { type Ack, MAX_TEXT, type Message, type MessagePage } from '@nestim/protocol';
import { WebSocket } from 'ws';
import { type Client, newClientMsgId } from './support/client.js';
import { aGroup, aUser } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { within } from './support/wait.js';

describe('bursts', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  type SendAck = Ack<{ message: Message }>;
  const burst = (client: Client, to: object, texts: string[]): Promise<SendAck[]> =>
    Promise.all(
      texts.map(
        (text) =>
          client.emitRaw('message:send', {
            to,
            clientMsgId: newClientMsgId(),
            type: 'text',
            content: { text },
          }) as Promise<SendAck>,
      ),
    );
  const seqs = (acks: SendAck[]): (number | string)[] =>
    acks.map((ack) => (ack.ok ? ack.data.message.seq : ack.error.code));

  it('G3: what one sender sends without waiting keeps its order, also to somebody never written to', async () => {
    const sender = await aUser(server);
    const client = await sender.connect();
    for (let round = 0; round < 20; round++) {
      const peer = await aUser(server);
      const texts = Array.from({ length: 10 }, (_, i) => String(i));
      expect(seqs(await burst(client, { userId: peer.userId }, texts))).toEqual(texts.map((_, i) => i + 1));
    }
    client.close();
  });

  it('G3: joins and leaves in between do not disturb the order of a sender', async () => {
    const [owner, sender, ...comers] = await Promise.all(Array.from({ length: 6 }, () => aUser(server)));
    const { groupId } = await aGroup(owner!, [sender!]);
    const client = await sender!.connect();
    const turns = comers.map(async (comer) => {
      for (let i = 0; i < 5; i++) {
        await comer.api.post(`/groups/${groupId}/join`);
        await comer.api.post(`/groups/${groupId}/leave`);
      }
    });
    const sent: SendAck[] = [];
    for (let wave = 0; wave < 10; wave++) {
      const sends = Array.from({ length: 20 }, (_, i) =>
        client.emitRaw('message:send', {
          to: { groupId },
          clientMsgId: `w${wave}-${i}`,
          type: 'text',
          content: { text: 'x' },
        }),
      );
      sent.push(...((await Promise.all(sends)) as SendAck[]));
    }
    await Promise.all(turns);
    expect(seqs(sent)).toEqual(sent.map((_, i) => i + 1));
    client.close();
  });

  it('stores any number of the largest messages at once; pages of them are bounded', async () => {
    const sender = await aUser(server);
    const { groupId, conversationId } = await aGroup(sender);
    const client = await sender.connect();
    const texts = Array.from({ length: 250 }, () => '語'.repeat(MAX_TEXT));
    expect(seqs(await burst(client, { groupId }, texts))).toEqual(texts.map((_, i) => i + 1));

    const page = await sender.api.get<MessagePage>(`/conversations/${conversationId}/messages?limit=500`);
    expect(page.messages.length).toBeGreaterThan(1);
    expect(page.messages.length).toBeLessThan(100);
    expect(page.messages.at(-1)!.seq).toBe(250);
    client.close();
  }, 60_000);

  it('refuses more than its share of a client, typed, and serves it on', async () => {
    const client = await (await aUser(server)).connect();
    const asks = Array.from({ length: 2000 }, () => client.emitRaw('conversation:list', {}));
    const codes = (await Promise.all(asks)).map((ack) => (ack.ok ? 'ok' : ack.error.code));
    expect(new Set(codes)).toEqual(new Set(['ok', 'TOO_MANY_REQUESTS']));
    expect((await client.ask('conversation:list', {})).conversations).toEqual([]);
    client.close();
  });

  it('carries one socket on a connection, however often it asks at once', async () => {
    const { token } = await aUser(server);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const answers: string[] = [];
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const packet = String(data);
        if (packet.startsWith('4') && answers.push(packet) === 4) resolve();
      });
    });
    await once(socket, 'open');
    for (let i = 0; i < 4; i++) socket.send(`40${JSON.stringify({ token })}`);
    await within(answered, 'four answers');
    expect(answers.filter((answer) => answer.startsWith('40'))).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith('44') && answer.includes('FORBIDDEN'))).toHaveLength(
      3,
    );
    socket.close();
  });
});
