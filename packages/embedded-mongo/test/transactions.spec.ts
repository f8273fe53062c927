import { Long, MongoClient, type ClientSession, type Collection } from 'mongodb';
import { setTimeout as wait } from 'node:timers/promises';
import { startServer, type RunningServer } from '../dist/server.js';
import { freshFolder } from './support/embedded.js';
import { WireConnection } from './support/wire.js';

interface Account {
  _id: number | string;
  balance: number;
}

/** A server in this thread, whose clock the tests move. */
async function openServer(): Promise<{
  server: RunningServer;
  client: MongoClient;
  advance(ms: number): void;
}> {
  let offset = 0;
  const server = await startServer({
    dbPath: await freshFolder(),
    port: 0,
    now: () => Date.now() + offset,
    onFatal: (error) => {
      throw error;
    },
  });
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
  const advance = (ms: number) => {
    offset += ms;
    server.engine.housekeep();
  };
  return { server, client, advance };
}

describe('transactions', () => {
  let server: RunningServer;
  let client: MongoClient;
  let advance: (ms: number) => void;
  let accounts: Collection<Account>;
  let session: ClientSession;

  beforeAll(async () => ({ server, client, advance } = await openServer()));

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  let round = 0;
  beforeEach(async () => {
    accounts = client.db('bank').collection<Account>(`accounts${round++}`);
    await accounts.insertMany([
      { _id: 1, balance: 100 },
      { _id: 2, balance: 100 },
    ]);
    session = client.startSession();
  });

  afterEach(() => session.endSession());

  const balances = async (within?: ClientSession) =>
    (await accounts.find({}, { session: within }).sort({ _id: 1 }).toArray()).map(
      (account) => account.balance,
    );

  it('shows its own writes inside, and nothing outside before the commit', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: -30 } }, { session });
    await accounts.insertOne({ _id: 3, balance: 30 }, { session });
    await accounts.deleteOne({ _id: 2 }, { session });
    expect(await balances(session)).toEqual([70, 30]);
    expect(await accounts.countDocuments({}, { session })).toBe(2);
    expect(await balances()).toEqual([100, 100]);
    await session.commitTransaction();
    expect(await balances()).toEqual([70, 30]);
  });

  it('leaves nothing after an abort', async () => {
    session.startTransaction();
    await accounts.updateMany({}, { $set: { balance: 0 } }, { session });
    await accounts.insertOne({ _id: 9, balance: 1 }, { session });
    await session.abortTransaction();
    expect(await balances()).toEqual([100, 100]);
    await accounts.insertOne({ _id: 9, balance: 2 });
  });

  it('reads one snapshot, whatever is written meanwhile', async () => {
    session.startTransaction();
    expect(await balances(session)).toEqual([100, 100]);
    await accounts.updateOne({ _id: 1 }, { $set: { balance: 5 } });
    await accounts.insertOne({ _id: 3, balance: 7 });
    expect(await balances(session)).toEqual([100, 100]);
    expect(await accounts.findOne({ _id: 3 }, { session })).toBeNull();
    await session.commitTransaction();
    expect(await balances()).toEqual([5, 100, 7]);
  });

  it('answers WriteConflict for a document changed since the snapshot, and keeps nothing of the transaction', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 2 }, { $set: { balance: 1 } }, { session });
    await accounts.updateOne({ _id: 1 }, { $set: { balance: 5 } });
    const late = accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    await expect(late).rejects.toMatchObject({ code: 112, codeName: 'WriteConflict' });
    await late.catch((error) => expect(error.hasErrorLabel('TransientTransactionError')).toBe(true));
    await expect(session.commitTransaction()).rejects.toMatchObject({ code: 251 });
    expect(await balances()).toEqual([5, 100]);
  });

  it('answers WriteConflict for a document that was changed and changed back since the snapshot', async () => {
    session.startTransaction();
    expect(await balances(session)).toEqual([100, 100]);
    await accounts.updateOne({ _id: 1 }, { $set: { balance: 0 } });
    await accounts.updateOne({ _id: 2 }, { $set: { balance: 5 } });
    await accounts.updateOne({ _id: 1 }, { $set: { balance: 100 } });
    const late = accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    await expect(late).rejects.toMatchObject({ code: 112 });
    expect(await balances()).toEqual([100, 5]);
  });

  it('answers WriteConflict at once for what another transaction has written', async () => {
    const other = client.startSession();
    session.startTransaction();
    other.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    await expect(accounts.deleteOne({ _id: 1 }, { session: other })).rejects.toMatchObject({ code: 112 });
    await session.commitTransaction();
    await other.endSession();
    expect(await balances()).toEqual([101, 100]);
  });

  it('guards unique keys between transactions and against plain writes', async () => {
    const other = client.startSession();
    session.startTransaction();
    other.startTransaction();
    await accounts.insertOne({ _id: 'x', balance: 1 }, { session });
    await expect(accounts.insertOne({ _id: 'x', balance: 2 }, { session: other })).rejects.toMatchObject({
      code: 112,
    });
    const plain = accounts.insertOne({ _id: 'x', balance: 3 });
    await session.commitTransaction();
    await expect(plain).rejects.toMatchObject({ code: 11000 });
    await other.endSession();
  });

  it('makes a plain write to a written document wait for the end, and no other write', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    let done = false;
    const waiting = accounts.updateOne({ _id: 1 }, { $inc: { balance: 10 } }).then(() => (done = true));
    await accounts.updateOne({ _id: 2 }, { $inc: { balance: 10 } });
    await client.db('bank').collection('other').insertOne({});
    expect(done).toBe(false);
    await session.commitTransaction();
    await waiting;
    expect(await balances()).toEqual([111, 110]);
  });

  it('ends the wait of a plain write at its maxTimeMS, with nothing of it done', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    const batch = accounts.updateMany({}, { $inc: { balance: 10 } }, { maxTimeMS: 20 });
    await expect(batch).rejects.toMatchObject({ code: 50 });
    await session.abortTransaction();
    expect(await balances()).toEqual([100, 100]);
  });

  it('makes a drop and an index build wait for transactions that use the collection', async () => {
    session.startTransaction();
    await accounts.insertOne({ _id: 5, balance: 5 }, { session });
    const built = accounts.createIndex({ balance: 1 });
    await accounts.insertOne({ _id: 6, balance: 6 }, { session });
    await session.commitTransaction();
    await built;
    const found = await accounts
      .find({ balance: { $lt: 50 } })
      .hint({ balance: 1 })
      .toArray();
    expect(found.map(({ _id }) => _id)).toEqual([5, 6]);
    await session.withTransaction(async () => {
      await accounts.findOne({}, { session });
    });
    session.startTransaction();
    await accounts.findOne({}, { session });
    const dropped = accounts.drop();
    expect(await balances(session)).toEqual([100, 100, 5, 6]);
    await session.commitTransaction();
    await dropped;
    expect(await balances()).toEqual([]);
  });

  it('refuses a collection whose indexes changed after the snapshot', async () => {
    session.startTransaction();
    await client.db('bank').collection('elsewhere').findOne({}, { session });
    await accounts.createIndex({ balance: 1 });
    await expect(accounts.insertOne({ _id: 7, balance: 7 }, { session })).rejects.toMatchObject({
      code: 246,
    });
  });

  it('refuses a collection that its snapshot holds and the catalog does not show yet', async () => {
    const { engine } = server;
    const ns = `bank.fresh${round}`;
    let refused: unknown;
    // Runs before the hook by which the catalog shows what was created in the same commit.
    engine.store.afterCommit(() => {
      const transaction = engine.transactions.begin();
      try {
        transaction.scope.ensureCollection(ns);
      } catch (error) {
        refused = error;
      }
      transaction.abort();
    });
    engine.transactions.change((scope) => scope.ensureCollection(ns));
    await engine.store.settled();
    expect(refused).toMatchObject({ code: 246 });
  });

  it('creates collections and their indexes with the commit, or not at all', async () => {
    const made = client.db('bank').collection(`made${round}`);
    const names = async () =>
      (await client.db('bank').listCollections({ name: made.collectionName }).toArray()).length;
    session.startTransaction();
    await made.insertOne({ a: [1, 2] }, { session });
    await made.createIndex({ a: 1 }, { session });
    expect(await names()).toBe(0);
    await session.abortTransaction();
    expect(await names()).toBe(0);
    session.startTransaction();
    await client.db('bank').createCollection(made.collectionName, { session });
    await made.createIndex({ a: 1 }, { unique: true, session });
    await made.insertOne({ a: [1, 2] }, { session });
    await session.commitTransaction();
    expect(await names()).toBe(1);
    expect(await made.countDocuments({ a: 2 }, { hint: { a: 1 } })).toBe(1);
    await expect(made.insertOne({ a: 2 })).rejects.toMatchObject({ code: 11000 });
  });

  it('loses nothing when several make the same collection at once', async () => {
    const db = client.db('bank');
    for (let i = 0; i < 25; i += 1) {
      const made = db.collection<{ _id: number }>(`several${i}`);
      const callers = Array.from({ length: 8 }, async (_, _id) => {
        await wait(Math.random() * 10);
        await client.withSession((own) =>
          own.withTransaction(async () => {
            await db
              .collection<Account>('busy')
              .updateOne({ _id }, { $inc: { balance: 1 } }, { session: own, upsert: true });
            await made.insertOne({ _id }, { session: own });
          }),
        );
      });
      await Promise.all(callers);
      expect(await made.countDocuments()).toBe(callers.length);
    }
  });

  it('aborts when a command fails, as MongoDB does', async () => {
    session.startTransaction();
    await accounts.insertOne({ _id: 8, balance: 8 }, { session });
    await expect(accounts.insertOne({ _id: 1, balance: 0 }, { session })).rejects.toMatchObject({
      code: 11000,
    });
    await expect(accounts.findOne({}, { session })).rejects.toMatchObject({ code: 251 });
    expect(await accounts.findOne({ _id: 8 })).toBeNull();
  });

  it('keeps a cursor inside its transaction', async () => {
    await accounts.insertMany(Array.from({ length: 10 }, (_, i) => ({ _id: 10 + i, balance: i })));
    session.startTransaction();
    const cursor = accounts.find({}, { session, batchSize: 2 }).sort({ _id: 1 });
    const first = await cursor.next();
    await accounts.updateOne({ _id: 19 }, { $set: { balance: -1 } }, { session });
    const rest = await cursor.toArray();
    expect([first!._id, rest.length, rest.at(-1)!.balance]).toEqual([1, 11, -1]);
    await session.commitTransaction();
  });

  it('aborts an abandoned transaction when its time is over', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    const waiting = accounts.updateOne({ _id: 1 }, { $inc: { balance: 10 } });
    advance(61_000);
    await waiting;
    await expect(session.commitTransaction()).rejects.toMatchObject({ code: 251 });
    expect(await balances()).toEqual([110, 100]);
  });

  it('frees what it holds when it grows too large', async () => {
    const large = client.db('bank').collection('large');
    session.startTransaction();
    const pad = Buffer.alloc(15 * 1024 * 1024);
    for (let i = 0; i < 17; i++) await large.insertOne({ pad }, { session });
    const change = { $set: { pad } as Partial<Account> };
    await expect(accounts.updateOne({ _id: 1 }, change, { session })).rejects.toMatchObject({ code: 146 });
    // A key that stayed locked would hold up the server, not only a write of it.
    expect(server.engine.transactions.holdsLocks).toBe(false);
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } });
    expect(await balances()).toEqual([101, 100]);
  });

  it('answers a repeated commit with its first outcome', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    await session.commitTransaction();
    await session.commitTransaction();
    expect(await balances()).toEqual([101, 100]);
  });

  it('goes on when it is started once more under its number', async () => {
    session.startTransaction();
    await accounts.updateOne({ _id: 1 }, { $inc: { balance: 1 } }, { session });
    const { port } = server;
    const wire = await WireConnection.open(port!);
    const { txnNumber } = session.serverSession;
    const again = {
      lsid: session.id,
      txnNumber: Long.fromNumber(txnNumber),
      autocommit: false,
      startTransaction: true,
    };
    expect(await wire.command({ find: 'x', ...again, $db: 'bank' })).toMatchObject({ ok: 0, code: 117 });
    await wire.finish();
    await session.commitTransaction();
    expect(await balances()).toEqual([101, 100]);
  });
});
