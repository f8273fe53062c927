import { startEmbeddedMongo, type EmbeddedMongo } from '@nestim/embedded-mongo';
import { MongoClient } from 'mongodb';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from './support/embedded.js';
import { startStore, stopAllStores, StoreRefused } from './support/store-process.js';

describe('one owner per folder', () => {
  let folder: string;
  const embedded = new Set<EmbeddedMongo>();
  beforeEach(async () => {
    folder = await freshFolder();
  });
  afterEach(async () => {
    await stopAllStores();
    await Promise.all([...embedded].map(release));
    await rm(folder, { recursive: true, force: true });
  });

  const dbPath = (): string => join(folder, 'data');
  const embed = async (): Promise<EmbeddedMongo> => {
    const store = await startEmbeddedMongo({ dbPath: dbPath() });
    embedded.add(store);
    return store;
  };
  const release = async (store: EmbeddedMongo): Promise<void> => {
    embedded.delete(store);
    await store.close();
  };
  const refusal = async (path: string): Promise<StoreRefused> => {
    const result: unknown = await startStore(path).catch((error: unknown) => error);
    if (!(result instanceof StoreRefused)) throw new Error('a second owner was let in', { cause: result });
    return result;
  };

  it('refuses a second process and names the first, also by another way to the folder', async () => {
    const first = await startStore(dbPath());
    await symlink(dbPath(), join(folder, 'link'));
    for (const path of [dbPath(), join(folder, 'link')]) {
      const { exitCode, output } = await refusal(path);
      expect(exitCode).not.toBe(0);
      expect(output).toContain(String(first.pid));
    }
    const client = await MongoClient.connect(first.uri);
    await client.db('d').collection('c').insertOne({ still: 'served' });
    await client.close();
  });

  it('opens at once after the owner was killed, and after it was stopped', async () => {
    const first = await startStore(dbPath());
    await first.kill();
    const second = await startStore(dbPath());
    expect(await second.stop()).toBe(0);
    const third = await startStore(dbPath());
    await third.kill();
  });

  it('refuses across the embedded and the standalone form, and within one process', async () => {
    const first = await embed();
    expect((await refusal(dbPath())).output).toContain(String(process.pid));
    await expect(embed()).rejects.toThrow(String(process.pid));
    await release(first);
    const standalone = await startStore(dbPath());
    await expect(embed()).rejects.toThrow(String(standalone.pid));
  });

  it('keeps data over a clean stop', async () => {
    const first = await embed();
    const client = await MongoClient.connect(first.uri);
    await client.db('d').collection('c').insertOne({ kept: true });
    await client.close();
    await release(first);
    const second = await startStore(dbPath());
    const again = await MongoClient.connect(second.uri);
    expect(await again.db('d').collection('c').countDocuments({ kept: true })).toBe(1);
    await again.close();
  });
});
