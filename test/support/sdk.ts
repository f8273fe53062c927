import { type Client, type ClientOptions, createClient, type Environment, type Message } from '@nestim/sdk';
import type { Host, Person } from './factories.js';
import { eventually } from './wait.js';

/** A client that tests watch: everything it told, in order. */
export interface Watched extends Client {
  readonly told: Message[];
}

const open = new Set<Client>();

/** Closes every client that a test has made. */
export function closeSdkClients(): void {
  for (const client of open) client.close();
  open.clear();
}

/** A client of the SDK for this person, not connected yet; it comes back fast. */
export function sdkClient(
  host: Pick<Host, 'url'>,
  { token }: Pick<Person, 'token'>,
  options: Partial<ClientOptions> = {},
  environment?: Environment,
): Watched {
  const client = createClient(
    { url: host.url, getToken: () => token, reconnect: { baseMs: 20, maxMs: 200 }, ...options },
    environment,
  );
  open.add(client);
  const told: Message[] = [];
  client.on('message', (message) => told.push(message));
  // Not a spread: `state` and the like are read anew each time.
  return Object.defineProperty(client, 'told', { value: told }) as Watched;
}

/** As {@link sdkClient}, and online. */
export async function sdkOnline(...args: Parameters<typeof sdkClient>): Promise<Watched> {
  const client = sdkClient(...args);
  await client.connect();
  return client;
}

/** What a client holds, as far as another one of the same user must hold it too. */
const knowledge = (client: Client) => ({
  conversations: client.conversations.list(),
  receipts: client.conversations
    .list()
    .map(({ conversationId }) => [conversationId, new Map(client.conversations.receipts(conversationId))]),
  groups: new Map(client.groups.list().map((group) => [group.groupId, group])),
  friends: new Map(client.friends.list().map((friend) => [friend.userId, friend])),
});

/**
 * The invariant behind every story: what a client holds from events is what a fresh client fetches, and its messages are
 * those that the server has, without a hole and each told once, in order. Waits for what is still on its way.
 */
export async function expectAsFresh(client: Watched, host: Pick<Host, 'url'>, person: Person): Promise<void> {
  await eventually(async () => {
    const fresh = await sdkOnline(host, person);
    try {
      expect(knowledge(client)).toEqual(knowledge(fresh));
      for (const { conversationId } of client.conversations.list())
        await expectSameMessages(client, fresh, conversationId);
    } finally {
      fresh.close();
    }
    return true;
  }, 'a client to hold what a fresh one fetches');
  expectToldInOrder(client.told);
}

async function expectSameMessages(client: Client, fresh: Client, conversationId: string): Promise<void> {
  const held = client.conversations.messages(conversationId);
  const last = held.at(-1)?.seq;
  if (last === undefined) return;
  const stored: Message[] = [];
  for (let before = last + 1; stored.length < held.length; before = stored[0]!.seq) {
    const { messages } = await fresh.conversations.history(conversationId, {
      before,
      limit: held.length - stored.length,
    });
    if (messages.length === 0) break;
    stored.unshift(...messages);
  }
  expect(held).toEqual(stored);
  expect(held.map(({ seq }) => seq)).toEqual(held.map((_, place) => held[0]!.seq + place));
}

/** In each conversation by `seq`, each once. */
export function expectToldInOrder(told: readonly Message[]): void {
  const last = new Map<string, number>();
  for (const { conversationId, seq } of told) {
    expect(seq).toBeGreaterThan(last.get(conversationId) ?? 0);
    last.set(conversationId, seq);
  }
}
