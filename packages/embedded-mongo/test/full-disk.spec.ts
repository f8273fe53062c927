import { checkStore } from '@nestim/embedded-mongo';
import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from './support/embedded.js';
import { startStore, stopAllStores } from './support/store-process.js';

/** No file may grow beyond this many blocks of 512 bytes: a write fails in its middle, as on a disk that is full. */
const LIMITED = ['sh', '-c', 'ulimit -f 3000; exec "$@"', 'sh'];

describe('a full disk', () => {
  let dbPath: string;
  beforeEach(async () => {
    dbPath = await freshFolder();
  });
  afterEach(() => rm(dbPath, { recursive: true, force: true }));
  afterAll(stopAllStores);

  it('ends the store with a message, and costs nothing that was acknowledged', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 2; round += 1) {
      const store = await startStore(dbPath, LIMITED);
      const client = await MongoClient.connect(store.uri, { retryWrites: false });
      const rows = client.db('d').collection<{ _id: number; text: string }>('rows');
      // What was there is read and served also when the disk is full from the start.
      expect(await rows.countDocuments()).toBe(acknowledged);
      const failure = await (async () => {
        for (;;) {
          await rows.insertOne({ _id: acknowledged, text: 'x'.repeat(1000) });
          acknowledged += 1;
        }
      })().catch((error: Error) => error);
      expect(failure.name).toBe('MongoNetworkError');
      await client.close();
      expect(await store.exited).toBe(1);
      expect(store.output()).toContain(`writing to ${join(dbPath, 'lmdb')} failed (is the disk full?)`);
      const { documents } = await checkStore(dbPath);
      expect(documents).toBe(acknowledged);
    }
    expect(acknowledged).toBeGreaterThan(100);
    const store = await startStore(dbPath);
    const client = await MongoClient.connect(store.uri);
    const ids = (await client.db('d').collection('rows').find().toArray()).map(({ _id }) => Number(_id));
    expect(ids).toEqual(Array.from({ length: acknowledged }, (_, _id) => _id));
    await client.db('d').collection('rows').insertOne({ more: 'fits' });
    await client.close();
    expect(await store.stop()).toBe(0);
  }, 60_000);
});
