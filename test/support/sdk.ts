import { type Client, type ClientOptions, createClient, type Environment, type Message } from '@nestim/sdk';
import type { Host, Person } from './factories.js';
import { eventually, within } from './wait.js';

/** A client that tests watch: everything it told, in order. */
export interface Watched extends Client {
  readonly told: Message[];
}

interface Watch {
  /** What the client told that it never may. */
  readonly faults: string[];
  /** Where it told a message without the one before it. */
  readonly holes: Message[];
  /** Another client of the same user, which knows nothing yet. */
  readonly fresh: () => Client;
}

const watches = new Map<Client, Watch>();

/**
 * Ends a story, after each: every client that is not closed must hold and have told what it should, see
 * {@link expectAsFresh}. A story that stops its own server calls it before that.
 */
export async function endSdkStory(): Promise<void> {
  const running = [...watches.keys()].filter(({ status }) => status.reconnects);
  try {
    await Promise.all(running.map(expectAsFresh));
  } finally {
    closeSdkClients();
  }
}

/** Closes every client that a test has made, whatever it holds: for stories that leave nobody to ask. */
export function closeSdkClients(): void {
  for (const client of watches.keys()) client.close();
  watches.clear();
}

/** A client of the SDK for this person, not connected yet; it comes back fast. */
export function sdkClient(
  { url }: Pick<Host, 'url'>,
  { token }: Pick<Person, 'token'>,
  options: Partial<ClientOptions> = {},
  environment?: Environment,
): Watched {
  const { getToken = () => token } = options;
  const reconnect = { baseMs: 20, maxMs: 200 };
  const client = createClient({ url, getToken, reconnect, ...options }, environment);
  const [told, faults, holes]: [Message[], string[], Message[]] = [[], [], []];
  watches.set(client, { faults, holes, fresh: () => createClient({ url, getToken, reconnect }) });
  const last = new Map<string, number>();
  client.on('reset', () => last.clear());
  client.on('gap', ({ conversationId, toSeq }) => last.set(conversationId, toSeq));
  client.on('message', (message) => {
    told.push(message);
    const { conversationId, seq } = message;
    const before = last.get(conversationId) ?? seq - 1;
    if (seq <= before) faults.push(`${conversationId}: told ${seq} after ${before}`);
    if (seq > before + 1) holes.push(message);
    last.set(conversationId, seq);
  });
  // Not a spread: `state` and the like are read anew each time.
  return Object.defineProperty(client, 'told', { value: told }) as Watched;
}

/** As {@link sdkClient}, and online. */
export async function sdkOnline(...args: Parameters<typeof sdkClient>): Promise<Watched> {
  const client = sdkClient(...args);
  await client.connect();
  return client;
}

/** Sends a text to a person or a group; resolves with the stored message. */
export const say = (
  client: Client,
  to: { userId: string } | { groupId: string },
  text: string,
): Promise<Message> => client.messages.send({ to, type: 'text', content: { text } });

export const textsOf = (messages: readonly Message[]): unknown[] =>
  messages.map(({ content }) => content.text);

/** Resolves with what the client has told when it is so many messages. */
export const untilTold = (client: Watched, count: number): Promise<readonly Message[]> =>
  eventually(() => client.told.length >= count && client.told, `a client to tell ${count} messages`);

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
 * The invariant behind every story: what a client holds from events is what a fresh client fetches, its messages are
 * those that the server has, and it has told each once, in order and without a hole. Waits for what is on its way.
 */
export async function expectAsFresh(client: Client): Promise<void> {
  const { fresh, faults, holes } = watches.get(client)!;
  await eventually(async () => {
    const other = fresh();
    try {
      await within(other.connect(), 'a fresh client to be online');
      expect(knowledge(client)).toEqual(knowledge(other));
      for (const { conversationId } of client.conversations.list())
        await expectSameMessages(client, other, conversationId);
    } finally {
      other.close();
    }
    return true;
  }, 'a client to hold what a fresh one fetches');
  expect(faults).toEqual([]);
  // Who comes back to a group does not see what was said while he was out.
  const firstOf = ({ conversationId }: Message) =>
    client.conversations.get(conversationId)?.minSeq ?? Infinity;
  expect(holes.filter((message) => message.seq > firstOf(message))).toEqual([]);
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
