import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type IndexDefinition, type IndexOptions, Schema } from 'mongoose';
import { IndexSync } from './index-sync.js';
import { Store } from './store.js';

let dataDir: string;
let store: Store;
let models = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  dataDir = await mkdtemp(join(tmpdir(), 'nestim-indexes-'));
  store = await Store.open({ mongodbUri: undefined, dataDir });
});
afterAll(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});
afterEach(() => store.connection.deleteModel(/.*/));

/** A model over a collection of its own that holds these rows and wants this index. */
async function rowsThatWant(rows: object[], keys: IndexDefinition, options: IndexOptions): Promise<string> {
  const collection = `rows${++models}`;
  const schema = new Schema({ owner: String, channel: String, kind: Number }, { collection });
  store.connection.model(collection, schema.index(keys, options));
  if (rows.length > 0) await store.connection.db!.collection(collection).insertMany(rows);
  return collection;
}

const refusal = async (sync: IndexSync): Promise<string> =>
  sync.build().then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('index sync', () => {
  it('R64: builds unique indexes as the schema says, and is done only then', async () => {
    const collection = await rowsThatWant([], { owner: 1, channel: -1 }, { unique: true });
    const sync = new IndexSync(store.connection);
    expect(sync.done).toBe(false);
    await sync.build();
    expect(sync.done).toBe(true);
    const rows = store.connection.db!.collection(collection);
    expect(await rows.indexes()).toContainEqual(
      expect.objectContaining({ key: { owner: 1, channel: -1 }, unique: true }),
    );
    await rows.insertOne({ owner: 'a', channel: 'c' });
    await expect(rows.insertOne({ owner: 'a', channel: 'c' })).rejects.toMatchObject({ code: 11000 });
    await sync.build();
  });

  it('R65: stops at duplicates and names each of them with its rows', async () => {
    const rows = [
      { _id: 1, owner: 'ann', channel: 'c1' },
      { _id: 2, owner: 'ann', channel: 'c2' },
      { _id: 3, owner: 'bob', channel: 'c1' },
      { _id: 4, owner: 'ann', channel: 'c1' },
      { _id: 5, owner: 'cid' },
      { _id: 6, owner: 'cid' },
    ];
    const collection = await rowsThatWant(rows, { owner: 1, channel: 1 }, { unique: true });
    const sync = new IndexSync(store.connection);
    const reason = await refusal(sync);
    expect(reason).toContain(`unique index ${collection} {"owner":1,"channel":1} cannot be built`);
    expect(reason).toContain('{"owner":"ann","channel":"c1"}: _id 1, 4');
    expect(reason).toContain('{"owner":"cid","channel":null}: _id 5, 6');
    expect(reason).not.toContain('bob');
    expect(sync.done).toBe(false);
  });

  it('R65: looks at the rows of a partial index only', async () => {
    const rows = [
      { owner: 'ann', kind: 1 },
      { owner: 'ann', kind: 1 },
      { owner: 'bob', kind: 2 },
      { owner: 'bob', kind: 2 },
    ];
    await rowsThatWant(rows, { owner: 1 }, { unique: true, partialFilterExpression: { kind: 2 } });
    const reason = await refusal(new IndexSync(store.connection));
    expect(reason).toContain('{"owner":"bob"}');
    expect(reason).not.toContain('{"owner":"ann"}');
  });

  it('names an index that exists with other options', async () => {
    const collection = await rowsThatWant([], { owner: 1 }, { unique: true });
    await store.connection.db!.collection(collection).createIndex({ owner: 1 });
    expect(await refusal(new IndexSync(store.connection))).toContain(
      `index ${collection} {"owner":1} cannot be built`,
    );
  });
});

describe('the connection', () => {
  it('G1: acknowledges what the majority has in its journal, whatever the model says nothing of', () => {
    const { writeConcern, readConcern, readPreference } = store.connection.getClient().options;
    expect(writeConcern).toMatchObject({ w: 'majority', journal: true });
    expect([readConcern?.level, readPreference.mode]).toEqual(['majority', 'primary']);
  });

  it('R55: answers a round trip', () => store.ask());

  it('tells when the embedded store has died, and not when it was closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestim-dying-'));
    const mortal = await Store.open({ mongodbUri: undefined, dataDir: folder });
    let died = false;
    void mortal.died().then(() => (died = true));
    await mortal.close();
    await new Promise(setImmediate);
    expect(died).toBe(false);
    await rm(folder, { recursive: true });
  });
});
