import { MongoClient, MongoServerError } from 'mongodb';
import { rm } from 'node:fs/promises';
import { fuzz } from './drills/fuzz.js';
import { freshFolder } from './support/embedded.js';
import { Random } from './support/random.js';
import { startStore, stopAllStores, type StoreProcess } from './support/store-process.js';
import { message, nestedDocument, packet, WireConnection } from './support/wire.js';

describe('hostile input', () => {
  let store: StoreProcess;
  let client: MongoClient;
  let dbPath: string;
  beforeAll(async () => {
    dbPath = await freshFolder();
    store = await startStore(dbPath);
    client = await MongoClient.connect(store.uri, { serverSelectionTimeoutMS: 3000 });
  });
  afterAll(async () => {
    await stopAllStores();
    await client.close();
    await rm(dbPath, { recursive: true, force: true });
  });

  const rows = () => client.db('safe').collection<{ _id: number; key?: string }>('rows');
  const failure = (run: Promise<unknown>): Promise<MongoServerError> =>
    run.then(
      () => {
        throw new Error('it was accepted');
      },
      (error: MongoServerError) => error,
    );

  it('survives 20,000 mutated packets and serves others meanwhile', async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? 42);
    let done = false;
    let served = 0;
    // A server that hangs answers nobody; killed, it lets everything that waits for it fail.
    const deadline = setTimeout(() => void store.kill(), 60_000);
    const bystander = (async () => {
      while (!done) {
        served += 1;
        await rows().insertOne({ _id: served });
        if ((await rows().findOne({ _id: served })) === null)
          throw new Error(`seed ${seed}: a write got lost`);
      }
    })();
    try {
      await Promise.all([fuzz(store.port, 20_000, new Random(seed)).finally(() => (done = true)), bystander]);
    } catch (error) {
      await store.kill();
      throw new Error(`seed ${seed}`, { cause: error });
    } finally {
      clearTimeout(deadline);
    }
    expect(served).toBeGreaterThan(20);
    expect(await rows().countDocuments()).toBe(served);
    process.kill(store.pid, 0);
  }, 90_000);

  it.each([
    ['too short a length', packet(2013, Buffer.alloc(10), 8)],
    ['a negative length', packet(2013, Buffer.alloc(10), -1)],
    ['more than 48 MB', packet(2013, Buffer.alloc(10), 48_000_001 + 16 * 1024)],
    ['an unknown opcode', packet(4711, Buffer.alloc(10))],
    ['a body that is no BSON', packet(2013, Buffer.alloc(30, 0xff))],
  ])('closes a connection that sends %s, and only that one', async (_name, bytes) => {
    const other = await WireConnection.open(store.port);
    const connection = await WireConnection.open(store.port);
    connection.send(bytes);
    expect(await connection.reply()).toBeNull();
    other.send(message({ ping: 1, $db: 'admin' }));
    expect(await other.reply()).toMatchObject({ ok: 1 });
    await other.finish();
  });

  it.each([101, 5_000, 200_000])('refuses a document nested %d deep', async (depth) => {
    const command = Buffer.concat([
      Buffer.from([0, 0, 0, 0]),
      wrapInsert(nestedDocument(depth)),
      Buffer.from([0]),
    ]);
    command.writeInt32LE(command.length, 0);
    const connection = await WireConnection.open(store.port);
    connection.send(message(command));
    const reply = await connection.reply();
    if (reply !== null) expect(reply['ok'] === 0 || reply['writeErrors']?.length > 0).toBe(true);
    expect(await client.db('safe').collection('deep').countDocuments()).toBe(0);
    await connection.finish();
  });

  it('refuses an index key that is too long, in every kind of write, and applies nothing', async () => {
    const keys = client.db('safe').collection<{ _id: number; key: string; other?: number }>('keys');
    await keys.createIndex({ key: 1 });
    await keys.insertOne({ _id: 1, key: 'short' });
    const long = 'k'.repeat(3000);
    const errors = [
      await failure(keys.insertOne({ _id: 2, key: long })),
      await failure(keys.updateOne({ _id: 1 }, { $set: { key: long, other: 1 } })),
      await failure(keys.replaceOne({ _id: 1 }, { key: long })),
      await failure(keys.updateOne({ _id: 3 }, { $set: { key: long } }, { upsert: true })),
      await failure(keys.findOneAndUpdate({ _id: 1 }, { $set: { key: long, other: 1 } })),
    ];
    expect(new Set(errors.map(({ code }) => code)).size).toBe(1);
    for (const error of errors) expect(error.code).toEqual(expect.any(Number));
    expect(await keys.find().toArray()).toEqual([{ _id: 1, key: 'short' }]);
    expect(await keys.countDocuments({ key: { $gte: '' } })).toBe(1);
    const batch = [
      { _id: 4, key: 'a' },
      { _id: 5, key: long },
      { _id: 6, key: 'b' },
    ];
    expect(await failure(keys.insertMany(batch))).toMatchObject({ insertedCount: 1, code: errors[0]?.code });
    expect((await keys.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual([1, 4]);
  });

  it('refuses to build an index over a key that is too long and leaves none behind', async () => {
    const keys = client.db('safe').collection('built');
    await keys.insertMany([{ key: 'short' }, { key: 'k'.repeat(3000) }]);
    expect((await failure(keys.createIndex({ key: 1 }))).code).toEqual(expect.any(Number));
    expect((await keys.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  it('refuses a document of more than 16 MB and stays up', async () => {
    const big = { _id: 1, text: 'x'.repeat(16 * 1024 * 1024) };
    const reply = await client
      .db('safe')
      .command({ insert: 'big', documents: [big] })
      .catch((error: MongoServerError) => ({ writeErrors: [{ code: error.code }] }));
    expect(reply['writeErrors']).toMatchObject([{ code: expect.any(Number) as number }]);
    expect(await client.db('safe').collection('big').countDocuments()).toBe(0);
  });

  it('stores a document of nearly 16 MB and gives it back', async () => {
    const big = { _id: 2, text: 'y'.repeat(16 * 1024 * 1024 - 1024) };
    await client.db('safe').collection<typeof big>('big').insertOne(big);
    const found = await client.db('safe').collection<typeof big>('big').findOne({ _id: 2 });
    expect(found?.text.length).toBe(big.text.length);
  });

  it.each([
    [{ nonsense: 1 }, 59],
    [{ find: 'rows', filter: { a: { $bogus: 1 } } }, 2],
    [{ find: 'rows', filter: { $where: 'true' } }, null],
    [{ find: 'rows', collation: { locale: 'de' } }, null],
    [{ update: 'rows', updates: [{ q: {}, u: { $set: { a: 1 } }, arrayFilters: [{ x: 1 }] }] }, null],
    [{ aggregate: 'rows', pipeline: [{ $out: 'x' }], cursor: {} }, null],
  ])('refuses %j instead of ignoring what it does not know', async (command, code) => {
    const reply = await client
      .db('safe')
      .command(command)
      .catch((error: MongoServerError) => error);
    const error =
      reply instanceof Error ? reply : (reply['writeErrors'] as { code: number }[] | undefined)?.[0];
    expect(error).toHaveProperty('code', code ?? expect.any(Number));
  });
});

/** The bytes of `insert`, `documents` and `$db` with a document that no serializer makes. */
function wrapInsert(document: Buffer): Buffer {
  const text = (name: string, value: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32LE(value.length + 1);
    return Buffer.concat([Buffer.from([2]), Buffer.from(`${name}\0`), length, Buffer.from(`${value}\0`)]);
  };
  const array = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from([3]),
    Buffer.from('0\0'),
    document,
    Buffer.from([0]),
  ]);
  array.writeInt32LE(array.length, 0);
  return Buffer.concat([
    text('insert', 'deep'),
    Buffer.from([4]),
    Buffer.from('documents\0'),
    array,
    text('$db', 'safe'),
  ]);
}
