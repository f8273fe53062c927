import { BSON } from 'mongodb';
import { WireConnection } from './support/wire.js';
import { freshFolder } from './support/embedded.js';
import { startStore, stopAllStores, type StoreProcess } from './support/store-process.js';

const { Long, UUID } = BSON;

describe('retryable writes', () => {
  let dbPath: string;
  let store: StoreProcess;
  let client: WireConnection;
  const lsid = { id: new UUID() };
  let txnNumber = 0;

  beforeAll(async () => {
    dbPath = await freshFolder();
    store = await startStore(dbPath);
    client = await WireConnection.open(store.port);
  });
  afterAll(stopAllStores);

  const next = () => ({ lsid, txnNumber: Long.fromNumber((txnNumber += 1)) });
  const send = (command: BSON.Document) => client.command({ ...command, $db: 'app' });
  const documents = async (collection: string) =>
    (await send({ find: collection, filter: {} }))['cursor'].firstBatch;

  /** The outcome without what tells the moment. */
  const outcome = ({ operationTime: _time, $clusterTime: _cluster, ...rest }: BSON.Document) => rest;

  it.each([
    ['an insert', { insert: 'a', documents: [{ _id: 1 }, { _id: 2 }] }, { n: 2, ok: 1 }],
    [
      'an update',
      { update: 'a', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] },
      { n: 1, nModified: 1, ok: 1 },
    ],
    ['a delete', { delete: 'a', deletes: [{ q: { _id: 2 }, limit: 1 }] }, { n: 1, ok: 1 }],
    [
      'an insert with a failed statement',
      { insert: 'a', documents: [{ _id: 3 }, { _id: 1 }], ordered: false },
      expect.objectContaining({ n: 1, writeErrors: [expect.objectContaining({ index: 1, code: 11000 })] }),
    ],
    [
      'a findAndModify',
      { findAndModify: 'a', query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true },
      expect.objectContaining({ value: { _id: 1, n: 2 } }),
    ],
  ])('run once: %s again is answered as the first time', async (_, command, expected) => {
    const args = next();
    const first = await send({ ...command, ...args });
    expect(outcome(first)).toEqual(expected);
    const before = await documents('a');
    for (let i = 0; i < 3; i++) expect(outcome(await send({ ...command, ...args }))).toEqual(expected);
    expect(await documents('a')).toEqual(before);
  });

  it('run once under 200 concurrent tries', async () => {
    const args = next();
    const command = { update: 'once', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true }] };
    const others = await Promise.all(Array.from({ length: 8 }, () => WireConnection.open(store.port)));
    const tries = Array.from({ length: 200 }, (_, i) =>
      others[i % others.length]!.command({ ...command, ...args, $db: 'app' }),
    );
    const answers = new Set((await Promise.all(tries)).map((answer) => JSON.stringify(outcome(answer!))));
    expect(answers.size).toBe(1);
    expect(await documents('once')).toEqual([{ _id: 1, n: 1 }]);
    await Promise.all(others.map((other) => other.finish()));
  });

  it('are answered with the first result after kill -9', async () => {
    const args = next();
    const command = { update: 'crash', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true }] };
    const first = await send({ ...command, ...args });
    await store.kill();
    store = await startStore(dbPath);
    client = await WireConnection.open(store.port);
    expect(outcome(await send({ ...command, ...args }))).toEqual(outcome(first));
    expect(await documents('crash')).toEqual([{ _id: 1, n: 1 }]);
  });

  it('so is a commit', async () => {
    const args = { ...next(), autocommit: false };
    await send({ insert: 'crash', documents: [{ _id: 'in' }], ...args, startTransaction: true });
    const commit = { commitTransaction: 1, ...args, $db: 'admin' };
    expect(await client.command(commit)).toMatchObject({ ok: 1 });
    await store.kill();
    store = await startStore(dbPath);
    client = await WireConnection.open(store.port);
    expect(await client.command(commit)).toMatchObject({ ok: 1 });
    const abort = { abortTransaction: 1, ...args, $db: 'admin' };
    expect(await client.command(abort)).toMatchObject({ ok: 0, code: 256 });
    expect((await documents('crash')).at(-1)).toEqual({ _id: 'in' });
  });

  it.each<[string, BSON.Document, number]>([
    ['an older number', { insert: 'a', documents: [{}], lsid, txnNumber: Long.fromNumber(1) }, 225],
    ['a number that is no long', { insert: 'a', documents: [{}], lsid, txnNumber: 1 }, 14],
    ['a negative number', { insert: 'a', documents: [{}], lsid, txnNumber: Long.fromNumber(-1) }, 72],
    ['no session', { insert: 'a', documents: [{}], txnNumber: Long.fromNumber(1) }, 72],
    ['a read', { find: 'a', lsid, txnNumber: Long.fromNumber(1000) }, 50768],
    [
      'a multi update',
      {
        update: 'a',
        updates: [{ q: {}, u: { $set: { x: 1 } }, multi: true }],
        lsid,
        txnNumber: Long.fromNumber(1000),
      },
      72,
    ],
    [
      'a delete of all',
      { delete: 'a', deletes: [{ q: {}, limit: 0 }], lsid, txnNumber: Long.fromNumber(1000) },
      72,
    ],
    ['autocommit: true', { find: 'a', lsid, txnNumber: Long.fromNumber(1000), autocommit: true }, 72],
    [
      'startTransaction alone',
      { find: 'a', lsid, txnNumber: Long.fromNumber(1000), startTransaction: true },
      72,
    ],
    [
      'a transaction that never began',
      { find: 'a', lsid, txnNumber: Long.fromNumber(1000), autocommit: false },
      251,
    ],
    ['an lsid without a UUID', { find: 'a', lsid: { id: 1 } }, 14],
  ])('refuse %s', async (_, command, code) => {
    const before = await documents('a');
    expect(await send(command)).toMatchObject({ ok: 0, code });
    expect(await documents('a')).toEqual(before);
  });

  it('forget an ended session', async () => {
    const args = next();
    await send({ insert: 'b', documents: [{}], ...args });
    await send({ endSessions: [lsid] });
    await send({ insert: 'b', documents: [{}], ...args });
    expect(await documents('b')).toHaveLength(2);
  });
});
