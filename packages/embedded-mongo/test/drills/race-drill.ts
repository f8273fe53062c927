import { MongoServerError, type Collection, type MongoClient } from 'mongodb';
import { Random } from '../support/random.js';

const DUPLICATE_KEY = 11000;

/** Many callers on few documents, over several clients. Each drill throws when the store broke its word. */
export interface Race {
  readonly clients: readonly MongoClient[];
  readonly db: string;
}

/** The same collection through one of the clients, so that requests come over many connections. */
export function through({ clients, db }: Race, index: number, name: string): Collection {
  return clients[index % clients.length]!.db(db).collection(name);
}

function assertSame(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

/** Concurrent get-or-creates of one key, half upserts and half inserts: one document, no count lost, every other insert told. */
export async function raceUpserts(race: Race, callers: number): Promise<void> {
  await through(race, 0, 'upserts').createIndex({ key: 1 }, { unique: true });
  let created = 0;
  let counted = 0;
  let inserted = 0;
  let duplicates = 0;
  const attempt = async (index: number): Promise<void> => {
    const collection = through(race, index, 'upserts');
    if (index % 2 === 0) {
      const update = { $inc: { n: 1 }, $setOnInsert: { by: index } };
      const result = await collection.updateOne({ key: 'one' }, update, { upsert: true });
      counted += 1;
      created += result.upsertedCount;
      return;
    }
    try {
      await collection.insertOne({ key: 'one', n: 0, by: index });
      inserted += 1;
    } catch (error) {
      if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
      assertSame('the duplicate key', [error['keyPattern'], error['keyValue']], [{ key: 1 }, { key: 'one' }]);
      duplicates += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => attempt(index)));
  const documents = await through(race, 0, 'upserts').find().toArray();
  assertSame('documents, creations', [documents.length, created + inserted], [1, 1]);
  assertSame('the count', documents[0]!['n'], counted);
  assertSame('answers', counted + inserted + duplicates, callers);
}

/** `$inc` on counters from everywhere: exact sums, and no value is returned twice. */
export async function raceCounters(race: Race, counters: number, increments: number): Promise<void> {
  const seen = Array.from({ length: counters }, () => new Set<unknown>());
  const name = 'counters';
  await through(race, 0, name).createIndex({ counter: 1 }, { unique: true });
  await through(race, 0, name).insertMany(seen.map((_, counter) => ({ counter, n: 0 })));
  await inParallel(counters * increments, 200, async (index) => {
    const counter = index % counters;
    if (Math.floor(index / counters) % 4 !== 0) {
      await through(race, index, name).updateOne({ counter }, { $inc: { n: 1 } });
      return;
    }
    const after = await through(race, index, name).findOneAndUpdate(
      { counter },
      { $inc: { n: 1 } },
      { returnDocument: 'after' },
    );
    assertSame('a value returned twice', seen[counter]!.has(after!['n']), false);
    seen[counter]!.add(after!['n']);
  });
  const found = await through(race, 0, name).find().sort({ counter: 1 }).toArray();
  assertSame(
    'the counters',
    found.map(({ n }) => n as unknown),
    seen.map(() => increments),
  );
}

export interface TransferResult {
  /** Transactions that had to be run again. */
  readonly retries: number;
  /** Sums read in one snapshot each. */
  readonly sums: number;
}

/**
 * Transfers between few accounts by `withTransaction`, some of which bring money in, beside plain writes to the same accounts and
 * readers that add all balances up in one snapshot: the sum is exact at every moment, no plain write is lost, and each transfer
 * is in the ledger once.
 */
export async function raceTransfers(
  race: Race,
  accounts: number,
  transfers: number,
): Promise<TransferResult> {
  const start = 1000;
  const [name, ledger] = ['accounts', 'ledger'];
  await through(race, 0, name).insertMany(
    Array.from({ length: accounts }, (_, _id) => ({ _id: _id as never, n: start })),
  );
  await through(race, 0, ledger).createIndex({ transfer: 1 }, { unique: true });
  await through(race, 0, 'deposits').createIndex({ transfer: 1 });
  const random = new Random(7);
  let runs = 0;
  let sums = 0;
  let under = true;
  const reader = async (index: number): Promise<void> => {
    const client = race.clients[index % race.clients.length]!;
    while (under) {
      await client.withSession(async (session) => {
        session.startTransaction();
        const all = await through(race, index, name).find({}, { session, batchSize: 2 }).toArray();
        const moved = await through(race, index, ledger).countDocuments({}, { session });
        const deposits = await through(race, index, 'deposits').countDocuments({}, { session });
        await session.commitTransaction();
        const sum = all.reduce((total, account) => total + (account['n'] as number), 0);
        assertSame(`the sum beside ${moved} transfers`, sum, accounts * start + deposits);
        sums += 1;
      });
    }
  };
  const readers = [0, 1].map(reader);
  await inParallel(transfers, 16, async (transfer) => {
    const client = race.clients[transfer % race.clients.length]!;
    const [from, to] = random.sample(
      Array.from({ length: accounts }, (_, index) => index),
      2,
    );
    await through(race, transfer, name).updateOne({ _id: to as never }, { $inc: { touched: 1 } });
    await client.withSession((session) =>
      session.withTransaction(async () => {
        runs += 1;
        const collection = through(race, transfer, name);
        await collection.updateOne({ _id: from as never }, { $inc: { n: -1 } }, { session });
        if (transfer % 8 === 0) {
          await through(race, transfer, 'deposits').insertOne({ transfer }, { session });
          await collection.updateOne({ _id: to as never }, { $inc: { n: 1 } }, { session });
        }
        await collection.updateOne({ _id: to as never }, { $inc: { n: 1 } }, { session });
        await through(race, transfer, ledger).insertOne({ transfer }, { session });
      }),
    );
  });
  under = false;
  await Promise.all(readers);
  const touched = (await through(race, 0, name).find().toArray()).map((account) =>
    Number(account['touched'] ?? 0),
  );
  assertSame(
    'plain writes',
    touched.reduce((total, count) => total + count, 0),
    transfers,
  );
  assertSame('transfers', await through(race, 0, ledger).countDocuments(), transfers);
  return { retries: runs - transfers, sums };
}

/** Runs `step` for 0 … count - 1 with at most `width` under way. */
async function inParallel(
  count: number,
  width: number,
  step: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await step(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
