import { MongoClient } from 'mongodb';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { straceTo, tracedWrites } from './drills/strace.js';
import { freshFolder } from './support/embedded.js';
import { startStore, stopAllStores } from './support/store-process.js';

/** A killed process leaves its writes in the page cache, so only the system calls can prove that an ack means synced. */
describe('an acknowledged write is on disk', () => {
  afterAll(stopAllStores);

  it('between the arrival of every write command and its reply lies a sync', async () => {
    const folder = await freshFolder();
    const file = join(folder, 'trace');
    const store = await startStore(join(folder, 'data'), straceTo(file));
    const client = await MongoClient.connect(store.uri, { maxPoolSize: 8 });
    const rows = client.db('d').collection<{ _id: number; n?: number; key?: number }>('c');
    let commands = 0;
    const write = async (run: Promise<unknown>): Promise<void> => {
      commands += 1;
      await run;
    };
    await write(
      rows.createIndex({ key: 1 }, { unique: true, partialFilterExpression: { key: { $exists: true } } }),
    );
    for (let _id = 0; _id < 10; _id += 1) await write(rows.insertOne({ _id }));
    const alongside = Array.from({ length: 120 }, (_, index) => {
      const _id = index % 10;
      if (index % 4 === 0) return write(rows.insertMany([{ _id: 100 + index }, { _id: 1000 + index }]));
      if (index % 4 === 1) return write(rows.updateOne({ _id }, { $inc: { n: 1 } }));
      if (index % 4 === 2) return write(rows.findOneAndUpdate({ _id }, { $inc: { n: 1 } }));
      return write(rows.updateOne({ _id: 5000 + index }, { $set: { key: index } }, { upsert: true }));
    });
    await Promise.all(alongside);
    await write(rows.deleteOne({ _id: 100 }));
    await client.close();
    expect(await store.stop()).toBe(0);
    const writes = tracedWrites(await readFile(file, 'utf8'));
    await rm(folder, { recursive: true, force: true });
    expect(writes).toHaveLength(commands);
    expect(writes.filter(({ synced }) => !synced)).toEqual([]);
  });
});
