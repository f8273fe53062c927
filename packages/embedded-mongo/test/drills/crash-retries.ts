import { BSON, type Db } from 'mongodb';
import { WireConnection } from '../support/wire.js';
import { untilKilled, type Run, type Workload } from './crash-workload.js';

/** A retryable write on the wire, and its answer if it came. */
interface Attempt {
  readonly command: BSON.Document;
  answer?: string;
}

interface Writer {
  lsid: BSON.Document;
  txnNumber: number;
  last?: Attempt;
}

/**
 * Retryable writes: sent again after the kill, the last one of each session is answered as before it, or runs now if it had
 * not, but never twice.
 */
export class CrashRetries implements Workload {
  readonly writers = 4;
  private readonly state: Writer[] = [];

  async prepare(db: Db): Promise<void> {
    await db.createCollection('counters');
    for (let writer = 0; writer < this.writers; writer += 1)
      this.state[writer] = { lsid: { id: new BSON.UUID() }, txnNumber: 0 };
  }

  async work(run: Run, number: number): Promise<void> {
    const writer = this.state[number]!;
    const connection = await WireConnection.open(run.port);
    await untilKilled(run, async () => {
      writer.txnNumber += 1;
      writer.last = { command: this.command(number, writer, run.db.databaseName) };
      writer.last.answer = await answered(connection, writer.last.command);
      run.onAck();
    });
    await connection.finish();
  }

  /** Counts its own documents: 1 by an update, one more document by an insert, 1 by a findAndModify. */
  private command(number: number, { lsid, txnNumber }: Writer, $db: string): BSON.Document {
    const rest = { lsid, txnNumber: BSON.Long.fromNumber(txnNumber), $db };
    const q = { _id: `n${number}` };
    const u = { $inc: { n: 1 } };
    if (txnNumber % 3 === 0)
      return { findAndModify: 'counters', query: q, update: u, new: true, upsert: true, ...rest };
    if (txnNumber % 3 === 1) return { update: 'counters', updates: [{ q, u, upsert: true }], ...rest };
    return { insert: 'counters', documents: [{ _id: `${number}:${txnNumber}` }], ...rest };
  }

  async verify({ db, port }: Pick<Run, 'db' | 'port'>): Promise<void> {
    const connection = await WireConnection.open(port);
    for (const [number, { txnNumber, last }] of this.state.entries()) {
      if (!last) continue;
      const again = await answered(connection, last.command);
      if (last.answer !== undefined && again !== last.answer)
        throw new Error(`the retry of ${txnNumber} was answered ${again}, first ${last.answer}`);
      const counted = await db
        .collection<{ _id: string; n: number }>('counters')
        .findOne({ _id: `n${number}` });
      const inserted = await db
        .collection<{ _id: string }>('counters')
        .countDocuments({ _id: new RegExp(`^${number}:`) });
      const sum = (counted?.n ?? 0) + inserted;
      if (sum !== txnNumber) throw new Error(`session ${number} wrote ${txnNumber} times and counts ${sum}`);
      last.answer = again;
    }
    await connection.finish();
  }
}

async function answered(connection: WireConnection, command: BSON.Document): Promise<string> {
  const { operationTime: _time, $clusterTime: _cluster, ...answer } = await connection.command(command);
  if (answer['ok'] !== 1 || answer['writeErrors']) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return JSON.stringify(answer);
}
