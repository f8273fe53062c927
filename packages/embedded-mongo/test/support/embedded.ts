import { startEmbeddedMongo, type EmbeddedMongo } from '@nestim/embedded-mongo';
import { MongoClient } from 'mongodb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A store in a fresh folder with a connected client. */
export interface TestStore {
  readonly store: EmbeddedMongo;
  readonly client: MongoClient;
  readonly dbPath: string;
  close(): Promise<void>;
}

export const freshFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'embedded-mongo-test-'));

export async function openTestStore(): Promise<TestStore> {
  const dbPath = await freshFolder();
  const store = await startEmbeddedMongo({ dbPath });
  const client = await MongoClient.connect(store.uri);
  return {
    store,
    client,
    dbPath,
    close: async () => {
      await client.close();
      await store.close();
      await rm(dbPath, { recursive: true, force: true });
    },
  };
}
