import { MongoClient, type Collection } from 'mongodb';
import { ServerProcess } from './child.js';
import { INDEXES, type Message, type MessageSource } from './messages.js';

/** A server in its own process with a connected driver. */
export interface Connected {
  readonly server: ServerProcess;
  readonly messages: Collection<Message>;
  close(): Promise<void>;
}

export async function connect(program: 'store-server' | 'idle-server', input: unknown): Promise<Connected> {
  const server = await ServerProcess.start(program, input);
  const client = await MongoClient.connect(server.uri);
  return {
    server,
    messages: client.db('bench').collection<Message>('messages'),
    close: async () => {
      await client.close();
      await server.stop();
    },
  };
}

/** A store over the folder, its collection with its indexes there. */
export async function openStore(dbPath: string): Promise<Connected> {
  const store = await connect('store-server', dbPath);
  for (const { key, unique } of INDEXES) await store.messages.createIndex(key, { unique });
  return store;
}

/** Inserts so many messages, two batches under way at a time. */
export async function load(
  insert: (batch: Message[]) => Promise<unknown>,
  source: MessageSource,
  count: number,
): Promise<void> {
  let left = count;
  const loader = async () => {
    while (left > 0) {
      const size = Math.min(1000, left);
      left -= size;
      await insert(source.batch(size));
    }
  };
  await Promise.all([loader(), loader()]);
}
