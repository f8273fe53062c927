import { BSON, MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startServer, type RunningServer } from '../dist/server.js';
import { freshFolder } from './support/embedded.js';
import { message, WireConnection } from './support/wire.js';

const { Long, UUID } = BSON;
const MIB = 1024 * 1024;

describe('connections and sessions', () => {
  let server: RunningServer;
  let client: MongoClient;
  let dbPath: string;

  beforeAll(async () => {
    dbPath = await freshFolder();
    const onFatal = (error: Error) => {
      throw error;
    };
    server = await startServer({ dbPath, port: 0, onFatal });
    client = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
    await rm(dbPath, { recursive: true, force: true });
  });

  const rows = () => client.db('app').collection<{ _id: string; n?: number; pad?: Buffer }>('rows');

  it('read what they wrote before, also without waiting for the reply', async () => {
    const wire = await WireConnection.open(server.port!);
    for (let i = 0; i < 20; i++) {
      wire.send(message({ insert: 'rows', documents: [{ _id: `sent${i}` }], $db: 'app' }));
      wire.send(message({ find: 'rows', filter: { _id: `sent${i}` }, $db: 'app' }));
      expect(await wire.reply()).toMatchObject({ n: 1 });
      expect(await wire.reply()).toMatchObject({ cursor: { firstBatch: [{ _id: `sent${i}` }] } });
    }
    await wire.finish();
  });

  it('are not read from while a message waits for a transaction, and go on afterwards', async () => {
    await rows().insertOne({ _id: 'held', n: 0 });
    const session = client.startSession();
    session.startTransaction();
    await rows().updateOne({ _id: 'held' }, { $inc: { n: 1 } }, { session });
    const wire = await WireConnection.open(server.port!);
    const before = server.engine.metrics.bytesIn;
    wire.send(
      message({ update: 'rows', updates: [{ q: { _id: 'held' }, u: { $inc: { n: 10 } } }], $db: 'app' }),
    );
    const large = message({ ping: 1, comment: Buffer.alloc(MIB), $db: 'app' });
    for (let i = 0; i < 32; i++) wire.send(large);
    for (let i = 0; i < 300; i++) await client.db('app').command({ ping: 1 });
    expect(server.engine.metrics.bytesIn - before).toBeLessThan(4 * MIB);
    await session.commitTransaction();
    await session.endSession();
    for (let i = 0; i < 33; i++) expect(await wire.reply()).toMatchObject({ ok: 1 });
    await wire.finish();
    expect(await rows().findOne({ _id: 'held' })).toEqual({ _id: 'held', n: 11 });
  });

  it('leave the replies of retryable writes on disk', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await rows().insertOne({ _id: 'large', pad: Buffer.alloc(MIB) });
    const wire = await WireConnection.open(server.port!);
    const change = { findAndModify: 'rows', query: { _id: 'large' }, update: { $inc: { n: 1 } }, $db: 'app' };
    const ids = Array.from({ length: 64 }, () => ({ lsid: { id: new UUID() }, txnNumber: Long.ONE }));
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for (const id of ids) expect(await wire.command({ ...change, ...id })).toMatchObject({ ok: 1 });
    const held = () => process.memoryUsage().arrayBuffers - before;
    // What is freed goes some turns after it was collected.
    for (let turn = 0; turn < 50 && held() > 32 * MIB; turn++) {
      collect();
      await client.db('app').command({ ping: 1 });
    }
    expect(held()).toBeLessThan(32 * MIB);
    expect(await wire.command({ ...change, ...ids[0] })).toMatchObject({ ok: 1 });
    expect(await rows().findOne({ _id: 'large' }, { projection: { n: 1 } })).toEqual({ _id: 'large', n: 64 });
    await wire.finish();
  });
});
