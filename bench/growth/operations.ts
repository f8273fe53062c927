import type { ConversationList, MessagePage, SyncResult } from '@nestim/protocol';
import { randomFrom } from '../../test/support/random.js';
import type { ImConnection } from '../wire/im-connection.js';
import {
  CROWD,
  crowdMember,
  HISTORIAN,
  HISTORY,
  READER,
  readersGroup,
  type Size,
  TALKER,
} from './channels.js';
import type { Repeated } from './measure.js';
import type { World } from './world.js';

export interface Operation {
  name: string;
  /** What differs between the worlds. */
  by: keyof Size;
  /** Whether it may cost as many times more as the world is larger; else it should cost the same. */
  grows?: true;
  begin(world: World): Promise<Repeated>;
}

const ONLINE = 100;
const CHANGES = 10;
const PAGE = 100;
const SEED = 1;

/** One message at a time, done when all who are online have been told. */
async function crowdMessage(world: World): Promise<Repeated> {
  const rest = world.rest();
  const online = Math.min(ONLINE, world.size.members);
  let [waiting, allTold] = [0, () => {}];
  const clients = await Promise.all(
    Array.from({ length: online }, async (_, place) => {
      const client = world.client(await world.tokenOf(rest, crowdMember(place)));
      await client.connect();
      client.on('message', () => --waiting === 0 && allTold());
      return client;
    }),
  );
  rest.close();
  const to = { groupId: CROWD };
  return {
    step: async () => {
      waiting = online;
      const told = new Promise<void>((resolve) => (allTold = resolve));
      await clients[0]!.messages.send({ to, type: 'text', content: { text: 'x'.repeat(100) } });
      await told;
    },
    close: () => clients.forEach((client) => client.close()),
  };
}

async function get<T>(world: World, userId: string, path: () => string): Promise<Repeated> {
  const rest = world.rest();
  const token = await world.tokenOf(rest, userId);
  return { step: () => rest.get<T>(token, path()), close: () => rest.close() };
}

/** @param cursorOf what each run of syncs begins with, once the connection stands */
async function syncs(
  world: World,
  cursorOf: (connection: ImConnection) => Promise<string | undefined>,
): Promise<Repeated> {
  const rest = world.rest();
  const connection = await world.connection(await world.tokenOf(rest, READER));
  rest.close();
  const cursor = await cursorOf(connection);
  return { step: () => syncToEnd(connection, cursor), close: () => connection.close() };
}

async function syncToEnd(connection: ImConnection, from?: string): Promise<string> {
  let cursor = from;
  let page: SyncResult;
  do {
    page = await connection.ask('sync', { ...(cursor !== undefined && { cursor }), limit: 200 });
    cursor = page.cursor;
  } while (page.more);
  return cursor;
}

/** Someone else writes to some of the reader's groups. */
async function change(world: World): Promise<void> {
  const rest = world.rest();
  const token = await world.tokenOf(rest, TALKER);
  for (let place = 0; place < Math.min(CHANGES, world.size.conversations / 2); place++) {
    const to = { groupId: readersGroup(place) };
    const body = { to, clientMsgId: `change-${place}`, type: 'text', content: { text: 'news' } };
    await rest.post(token, '/messages', body);
  }
  rest.close();
}

const history = (world: World, bounds: () => string): Promise<Repeated> =>
  get<MessagePage>(world, HISTORIAN, () => `/conversations/${HISTORY}/messages?limit=${PAGE}${bounds()}`);

export const OPERATIONS: Operation[] = [
  { name: 'message in a group, 100 online', by: 'members', begin: crowdMessage },
  {
    name: 'list, first page',
    by: 'conversations',
    begin: (world) => get<ConversationList>(world, READER, () => '/conversations'),
  },
  {
    name: 'sync from nothing',
    by: 'conversations',
    grows: true,
    begin: (world) => syncs(world, async () => undefined),
  },
  {
    name: 'sync without a change',
    by: 'conversations',
    grows: true,
    begin: (world) => syncs(world, (connection) => syncToEnd(connection)),
  },
  {
    name: 'sync with 10 changes',
    by: 'conversations',
    grows: true,
    begin: (world) =>
      syncs(world, async (connection) => {
        const cursor = await syncToEnd(connection);
        await change(world);
        return cursor;
      }),
  },
  { name: 'history, newest 100', by: 'messages', begin: (world) => history(world, () => '') },
  {
    name: 'history, random 100',
    by: 'messages',
    begin: (world) => {
      const random = randomFrom(SEED);
      const lowest = PAGE + 1;
      return history(
        world,
        () => `&before=${lowest + Math.floor(random() * (world.size.messages - lowest))}`,
      );
    },
  },
];
