import { MongoClient, MongoServerError, type Collection } from 'mongodb';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KvStore } from '../src/kv/store.js';
import {
  copyFiles,
  damageDrill,
  sampleRow as row,
  sampleStore,
  type SampleRow as Row,
} from './drills/damage-drill.js';
import { freshFolder } from './support/embedded.js';
import { Random } from './support/random.js';
import { startStore, stopAllStores, StoreRefused } from './support/store-process.js';

describe('a damaged file is refused, never read wrong', () => {
  let folder: string;
  let whole: string;
  let path: string;
  beforeAll(async () => {
    folder = await freshFolder();
    whole = join(folder, 'whole');
    await sampleStore(whole);
  });
  beforeEach(() => {
    path = join(folder, 'copy');
    cpSync(whole, path, { recursive: true });
  });
  afterEach(() => rmSync(path, { recursive: true }));
  afterAll(async () => {
    await stopAllStores();
    await rm(folder, { recursive: true, force: true });
  });

  const data = (): string => join(path, 'lmdb', 'data.mdb');
  const serve = async (
    dbPath: string,
    run: (rows: Collection<Row>, client: MongoClient) => Promise<void>,
  ) => {
    const store = await startStore(dbPath);
    const client = await MongoClient.connect(store.uri);
    await run(client.db('d').collection<Row>('rows'), client);
    await client.close();
    expect(await store.stop()).toBe(0);
  };
  const refusal = async (): Promise<string> => {
    const result: unknown = await startStore(path).catch((error: unknown) => error);
    if (!(result instanceof StoreRefused)) throw new Error('it was opened', { cause: result });
    expect(result.exitCode).toBe(1);
    return result.output;
  };

  it('at random places, 100 times', async () => {
    const seed = Number(process.env['DAMAGE_SEED'] ?? Math.floor(Math.random() * 1e9));
    const report = await damageDrill(path, 100, new Random(seed)).catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
    expect(report.refused).toBeGreaterThan(30);
    expect(report.refused + report.unharmed).toBe(100);
  });

  it.each<[string, () => void, RegExp]>([
    ['empty', () => truncateSync(data(), 0), /data\.mdb is damaged: it ends after 0 bytes/],
    ['cut in the middle', () => truncateSync(data(), 200_000), /data\.mdb is damaged: it ends after/],
    ['missing', () => rmSync(data()), /data\.mdb is missing/],
    ['of no known format', () => rmSync(join(path, 'format.json')), /format\.json is missing/],
    ['another kind of file', () => writeFileSync(data(), 'x'.repeat(50_000)), /not an LMDB data file/],
    [
      'of format 1',
      () => writeFileSync(join(path, 'format.json'), '{"format":1}'),
      /format 1 is not the format 2/,
    ],
  ])('if it is %s, with a message that names it', async (_name, harm, message) => {
    harm();
    expect(await refusal()).toMatch(message);
  });

  it('if an index is not the one of its documents', async () => {
    const broken = (error: Error): void => {
      throw error;
    };
    const store = new KvStore(join(path, 'lmdb'), broken);
    // The identifiers: 1 the records, 2 the index on _id, 3 the one on n.
    const [entry] = store.committed.range({
      start: Buffer.from([0, 0, 0, 3]),
      end: Buffer.from([0, 0, 0, 4]),
    });
    store.planned.remove(entry!.key);
    await store.close();
    expect(await refusal()).toContain('the index n_1 of d.rows is not the one of its documents');
  });

  it('if it is older than what was reached here', async () => {
    const before = readFileSync(data());
    await serve(path, async (rows) => void (await rows.insertOne(row(10_000))));
    writeFileSync(data(), before);
    expect(await refusal()).toMatch(/acknowledged writes are missing.*restore/);
    rmSync(join(path, 'served.json'));
    await serve(path, async (rows) => expect(await rows.countDocuments({ _id: 10_000 })).toBe(0));
  });

  it('when a document of a file too large to verify at the start is read; others are served until then', async () => {
    const large = 'y'.repeat(15_000_000);
    await serve(path, async (rows) => {
      for (let n = 0; n < 5; n += 1) await rows.insertOne({ ...row(20_000 + n), text: large });
    });
    const bytes = readFileSync(data());
    const at = bytes.indexOf('y'.repeat(1000)) + 500_000;
    bytes[at]! ^= 1;
    writeFileSync(data(), bytes);
    const store = await startStore(path);
    const client = await MongoClient.connect(store.uri, { serverSelectionTimeoutMS: 500 });
    const rows = client.db('d').collection<Row>('rows');
    expect(await rows.countDocuments({ n: { $lt: 600 } })).toBeGreaterThan(0);
    const found = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => rows.findOne({ _id: 20_000 + n })));
    const failed = found.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const result of found) if (result.status === 'fulfilled') expect(result.value?.text).toBe(large);
    const [first] = failed.map(({ reason }) => reason as Error).filter((e) => e instanceof MongoServerError);
    expect(first?.message).toContain('is not what was written');
    await client.close();
    expect(await store.stop()).toBe(1);
  }, 60_000);

  it('if it was copied while writers ran, unless the copy is whole', async () => {
    const store = await startStore(path);
    const client = await MongoClient.connect(store.uri);
    const rows = client.db('d').collection<{ _id: number; text: string }>('log');
    let done = false;
    let acknowledged = 0;
    const writer = (async () => {
      for (; !done; acknowledged += 1)
        await rows.insertOne({ _id: acknowledged, text: 'z'.repeat(acknowledged % 3000) });
    })();
    const copies: { at: string; had: number }[] = [];
    for (let i = 0; i < 5; i += 1) {
      const until = acknowledged + 15;
      while (acknowledged < until) await new Promise(setImmediate);
      copies.push({ at: join(folder, `live-${i}`), had: acknowledged });
      copyFiles(path, join(folder, `live-${i}`));
    }
    done = true;
    await writer;
    await client.close();
    await store.stop();
    for (const { at, had } of copies) {
      const opened = await startStore(at).catch((error: unknown) => error);
      if (opened instanceof StoreRefused) {
        expect(opened.output).toContain('data.mdb is damaged');
      } else {
        const copy = opened as Awaited<ReturnType<typeof startStore>>;
        const reader = await MongoClient.connect(copy.uri);
        const ids = (await reader.db('d').collection('log').find().toArray()).map(({ _id }) => Number(_id));
        expect(ids).toEqual(ids.map((_, i) => i));
        expect(ids.length).toBeGreaterThanOrEqual(had);
        await reader.close();
        await copy.stop();
      }
      rmSync(at, { recursive: true });
    }
  }, 60_000);
});
