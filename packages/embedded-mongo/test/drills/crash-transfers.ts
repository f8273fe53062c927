import { MongoServerError, type Db } from 'mongodb';
import type { Random } from '../support/random.js';
import { untilKilled, type Run, type Workload } from './crash-workload.js';
import { checkIndexes } from './index-check.js';

interface Account {
  _id: number;
  balance: number;
}

interface Entry {
  _id: string;
  from: number;
  to: number;
  amount: number;
}

const ACCOUNTS = 12;
const START = 1000;

/**
 * Transactions that move money between accounts, write it into a ledger and leave two receipts: after a kill each is there
 * whole or not at all, every acknowledged one once, and the balances are those of the ledger.
 */
export class CrashTransfers implements Workload {
  readonly writers = 4;
  private readonly acknowledged = new Set<string>();
  private readonly sent = new Set<string>();
  private last = 0;

  constructor(private readonly random: Random) {}

  async prepare(db: Db): Promise<void> {
    this.acknowledged.clear();
    this.sent.clear();
    await db.collection('receipts').createIndex({ transfer: 1, side: 1 }, { unique: true });
    await db
      .collection<Account>('accounts')
      .insertMany(Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, balance: START })));
  }

  work(run: Run): Promise<void> {
    const { db } = run;
    return untilKilled(run, async () => {
      const [from, to] = this.random.sample([...Array(ACCOUNTS).keys()], 2) as [number, number];
      const entry = { _id: `t${(this.last += 1)}`, from, to, amount: this.random.between(1, 9) };
      this.sent.add(entry._id);
      if (!(await this.transfer(db, entry))) return;
      this.acknowledged.add(entry._id);
      run.onAck();
    });
  }

  /**
   * False if others were in its way. By hand, not by `withTransaction`: that one returns as if it had committed when its
   * client is closed just before the commit.
   */
  private async transfer(db: Db, entry: Entry): Promise<boolean> {
    const { _id, from, to, amount } = entry;
    const accounts = db.collection<Account>('accounts');
    return db.client.withSession(async (session) => {
      session.startTransaction();
      try {
        await accounts.updateOne({ _id: from }, { $inc: { balance: -amount } }, { session });
        await db.collection<Entry>('ledger').insertOne(entry, { session });
        const receipts = [from, to].map((account, side) => ({ transfer: _id, side, account }));
        await db.collection('receipts').insertMany(receipts, { session });
        await accounts.updateOne({ _id: to }, { $inc: { balance: amount } }, { session });
      } catch (error) {
        if (error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError'))
          return false;
        throw error;
      }
      await session.commitTransaction();
      return true;
    });
  }

  async verify({ db }: Pick<Run, 'db'>): Promise<void> {
    const ledger = await db.collection<Entry>('ledger').find().toArray();
    const balances = new Map(Array.from({ length: ACCOUNTS }, (_, account) => [account, START]));
    const receipts = new Set<string>();
    for (const { _id, from, to, amount } of ledger) {
      if (!this.sent.has(_id)) throw new Error(`the transfer ${_id} is stored and was never sent`);
      balances.set(from, balances.get(from)! - amount);
      balances.set(to, balances.get(to)! + amount);
      receipts.add(`${_id}/0/${from}`).add(`${_id}/1/${to}`);
    }
    const stored = new Set(ledger.map(({ _id }) => _id));
    for (const id of this.acknowledged) if (!stored.has(id)) throw new Error(`the transfer ${id} is lost`);
    for (const { _id, balance } of await db.collection<Account>('accounts').find().toArray())
      if (balances.get(_id) !== balance)
        throw new Error(`account ${_id} holds ${balance}, its ledger says ${balances.get(_id)}`);
    const found = await db.collection('receipts').find().toArray();
    if (found.length !== receipts.size)
      throw new Error(`${found.length} receipts of ${ledger.length} transfers`);
    for (const { transfer, side, account } of found)
      if (!receipts.has(`${transfer}/${side}/${account}`))
        throw new Error(`a receipt of ${transfer} is wrong`);
    if (this.random.chance(0.2)) await checkIndexes(db, 'receipts');
  }
}
