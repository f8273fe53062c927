import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Ack, commandChannelId, type Message, type MessagePage } from '@nestim/protocol';
import { MongoClient } from 'mongodb';
import { api } from './support/api.js';
import { Child } from './support/child.js';
import { type Client, connect } from './support/client.js';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { type StoreProcess, startStore } from './support/store-process.js';

interface Made {
  done: boolean;
  ids: string[];
  answers: number;
  errors: string[];
  duplicateKeysMet: number;
}

/** Two processes call get-or-create `count` times each, at once, against one store. */
async function race(uri: string, count: number, channelId: string, channelType: number): Promise<Made[]> {
  const script = resolve('test/support/get-or-create.mjs');
  const env = { PATH: process.env.PATH, MONGODB_URI: uri, NESTIM_TOKEN_KEY: 'x'.repeat(64) };
  const children = [0, 1].map(() => new Child([script, String(count), channelId, String(channelType)], env));
  try {
    await Promise.all(
      children.map((child) => child.line((line) => line === 'waiting' || undefined, 'readiness')),
    );
    for (const child of children) process.kill(child.pid, 'SIGUSR2');
    const pick = (line: string): Made | undefined =>
      line.startsWith('{"done"') ? (JSON.parse(line) as Made) : undefined;
    return await Promise.all(children.map((child) => child.line(pick, 'its rows', 60_000)));
  } finally {
    await Promise.all(children.map((child) => child.end('SIGKILL')));
  }
}

describe('two processes on one store', () => {
  let store: StoreProcess;
  beforeAll(async () => {
    store = await startStore();
  });
  afterAll(() => store.stop());

  it.each([
    ['a plain person channel', 'dm:ada:bob', 1, 5000],
    ['a plain group channel', 'group:g', 2, 500],
    ['a command channel of persons', commandChannelId('dm:ada:bob'), 1, 500],
    ['a command channel of a group', commandChannelId('group:g'), 2, 500],
  ])(
    'R64 R66 R67 R68 R69 R70 R72 R74: any number of get-or-creates of %s on a fresh database make one row',
    async (_, channelId, channelType, each) => {
      const uri = databaseUri(store.uri, `race_${channelType}_${channelId.length}`);
      const made = await race(uri, each, channelId, channelType);

      expect(made.flatMap(({ errors }) => errors)).toEqual([]);
      expect(made.map(({ answers }) => answers)).toEqual([each, each]);
      const client = await MongoClient.connect(uri);
      const rows = await client.db().collection('conversations').find({ channelId }).toArray();
      await client.close();
      expect(rows).toHaveLength(1);
      expect(new Set(made.flatMap(({ ids }) => ids))).toEqual(new Set([String(rows[0]!._id)]));
      expect(made.reduce((sum, { duplicateKeysMet }) => sum + duplicateKeysMet, 0)).toBeGreaterThan(0);
    },
    90_000,
  );

  describe('that both serve', () => {
    let servers: ServerProcess[];
    beforeAll(async () => {
      const env = {
        MONGODB_URI: databaseUri(store.uri, 'shared'),
        NESTIM_TOKEN_KEY: randomBytes(48).toString('base64url'),
        NESTIM_ADMIN_TOKEN: randomBytes(32).toString('base64url'),
      };
      servers = await Promise.all([startServer({ env }), startServer({ env })]);
    });
    afterAll(() => Promise.all(servers.map((server) => server.stop())));

    /** The person's socket on each server. */
    const onBoth = (person: Person): Promise<Client[]> =>
      Promise.all(servers.map(({ url }) => connect(url, person.token)));

    it('G2: 1,000 sends of one clientMsgId through both give one message, and every ack returns it', async () => {
      const [ada, bob] = [await aUser(servers[0]!), await aUser(servers[0]!)];
      const sockets = await onBoth(ada);
      const payload = {
        to: { userId: bob.userId },
        clientMsgId: 'once',
        type: 'text',
        content: { text: 'only once' },
      };
      const acks = (await Promise.all(
        Array.from({ length: 1000 }, (_, i) => sockets[i % 2]!.emitRaw('message:send', payload)),
      )) as Ack<{ message: Message }>[];

      expect(acks.filter((ack) => !ack.ok)).toEqual([]);
      expect(new Set(acks.map((ack) => ack.ok && JSON.stringify(ack.data.message))).size).toBe(1);
      const page = await bob.api.get<MessagePage>(`/conversations/${dm(ada, bob)}/messages`);
      expect(page.messages.map(({ seq, content }) => [seq, content])).toEqual([[1, { text: 'only once' }]]);
      sockets.forEach((socket) => socket.close());
    });

    it('G3: 200 senders into one group through both leave no hole and no double', async () => {
      const people = await Promise.all(Array.from({ length: 200 }, () => aUser(servers[0]!)));
      const { groupId, conversationId } = await aGroup(people[0]!, people.slice(1));
      const sends = people.flatMap((person, i) =>
        Array.from({ length: 5 }, (_, n) => ({
          person,
          clientMsgId: `m-${i}-${n}`,
          url: servers[(i + n) % 2]!.url,
        })),
      );
      const acked = await Promise.all(
        sends.map(async ({ person, clientMsgId, url }) => {
          const body = { to: { groupId }, clientMsgId, type: 'text', content: { text: clientMsgId } };
          return (await api(url, person.token).post<{ message: Message }>('/messages', body)).message;
        }),
      );

      const stored: Message[] = [];
      for (let after = 0; ; after = stored.at(-1)!.seq) {
        const path = `/conversations/${conversationId}/messages?after=${after}&limit=500`;
        const { messages } = await people[7]!.api.get<MessagePage>(path);
        if (messages.length === 0) break;
        stored.push(...messages);
      }
      expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
      expect([...acked].sort((a, b) => a.seq - b.seq)).toEqual(stored);
    }, 60_000);
  });
});

const dm = (a: Person, b: Person): string => `dm:${[a.userId, b.userId].sort().join(':')}`;

/** The same store, another database. */
const databaseUri = (uri: string, name: string): string => {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
};
