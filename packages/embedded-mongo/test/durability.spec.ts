import { checkStore } from '@nestim/embedded-mongo';
import { BSON, MongoClient } from 'mongodb';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identPrefix } from '../src/catalog/sizes.js';
import { Engine } from '../src/engine.js';
import { prefixEnd } from '../src/kv/key-writer.js';
import { fileEvents, imageAfter, storeFolderOf } from './drills/power-cut.js';
import { straceTo, tracedWrites } from './drills/strace.js';
import { freshFolder } from './support/embedded.js';
import { Random } from './support/random.js';
import { startStore, stopAllStores } from './support/store-process.js';

/** A killed process leaves its writes in the page cache, so only the system calls can prove that an ack means synced. */
describe('an acknowledged write is on disk', () => {
  let client: MongoClient | undefined;
  afterEach(() => client?.close());
  afterAll(stopAllStores);
  const connect = async (uri: string, maxPoolSize: number): Promise<MongoClient> =>
    (client = await MongoClient.connect(uri, { maxPoolSize }));

  it('between the arrival of every write command and its reply lies a sync', async () => {
    const folder = await freshFolder();
    const file = join(folder, 'trace');
    const store = await startStore(join(folder, 'data'), straceTo(file));
    const client = await connect(store.uri, 8);
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
    for (let index = 0; index < 20; index += 1) {
      const transaction = client.withSession(async (session) => {
        session.startTransaction();
        await rows.insertOne({ _id: 9000 + index }, { session });
        await rows.insertOne({ _id: 9500 + index }, { session });
        await session.commitTransaction();
      });
      alongside.push(write(transaction));
    }
    await Promise.all(alongside);
    await write(rows.deleteOne({ _id: 100 }));
    await client.close();
    expect(await store.stop()).toBe(0);
    const writes = tracedWrites(await readFile(file, 'utf8'));
    await rm(folder, { recursive: true, force: true });
    expect(writes).toHaveLength(commands);
    expect(writes.filter(({ synced }) => !synced)).toEqual([]);
  });

  it('and is there whole after a power cut at any moment', async () => {
    const folder = await freshFolder();
    const file = join(folder, 'trace');
    const store = await startStore(join(folder, 'data'), straceTo(file, 100_000));
    const client = await connect(store.uri, 1);
    const rows = client.db('d').collection<{ _id: number; half?: number; text: string }>('c');
    const seed = Number(process.env['CUT_SEED'] ?? Math.floor(Math.random() * 1e9));
    const random = new Random(seed);
    const text = () => 'x'.repeat(random.chance(0.2) ? 9000 : random.below(500));
    await rows.createIndex({ half: 1, _id: 1 }, { unique: true, partialFilterExpression: { half: 2 } });
    for (let n = 0; n < 24; n += 1) {
      if (n % 3 === 2) {
        await client.withSession(async (session) => {
          session.startTransaction();
          await rows.insertOne({ _id: n, half: 1, text: text() }, { session });
          await rows.insertOne({ _id: n + 0.5, half: 2, text: text() }, { session });
          await session.commitTransaction();
        });
      } else await rows.insertOne({ _id: n, text: text() });
    }
    await client.close();
    await store.kill();
    const trace = await readFile(file, 'utf8');
    const events = fileEvents(trace);
    const answers = tracedWrites(trace).map(({ answered }) => answered);
    expect(answers).toHaveLength(25);
    // The first is the index's.
    const first = events.findIndex(({ line }) => line > answers[0]!);
    for (let cut = first; cut <= events.length; cut += 1) {
      const until = events[cut]?.line ?? Infinity;
      const acknowledged = answers.slice(1).filter((line) => line < until).length;
      const path = join(folder, `cut-${cut}`);
      storeFolderOf(imageAfter(events, cut, random), path);
      const found = await documentsIn(path).catch((error: Error) => {
        throw new Error(`seed ${seed}, cut ${cut} of ${events.length}: ${error.message}`, { cause: error });
      });
      const wanted = (count: number) =>
        Array.from({ length: count }, (_, n) => (n % 3 === 2 ? [n, n + 0.5] : [n])).flat();
      // What was on its way may be there, whole.
      expect([wanted(acknowledged), wanted(acknowledged + 1)]).toContainEqual(found);
      await rm(path, { recursive: true });
    }
    await rm(folder, { recursive: true, force: true });
  }, 60_000);
});

/** The `_id`s of all documents of `d.c`, from a store opened there. */
async function documentsIn(dbPath: string): Promise<number[]> {
  const { collections } = await checkStore(dbPath);
  expect(collections).toBe(1);
  const engine = new Engine({
    dbPath,
    onBroken: (error) => {
      throw error;
    },
  });
  const start = identPrefix(engine.catalog.committed.get('d.c')!.ident);
  const found = [...engine.reads.view.range({ start, end: prefixEnd(start) })].map(
    ({ value }) => BSON.deserialize(value)['_id'] as number,
  );
  await engine.close();
  return found;
}
