import { MongoClient, MongoServerError, type Collection, type Db } from 'mongodb';
import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { freshFolder } from '../support/embedded.js';
import { Random } from '../support/random.js';
import { startStore, type StoreProcess } from '../support/store-process.js';
import { checkIndexes } from './index-check.js';

interface Row {
  _id: string;
  worker: number;
  slot: number;
  n: number;
  label: string;
}

/** What a writer knows of one document: the value last acknowledged, and one that was sent and not answered. */
interface Known {
  acked: number | null;
  sent: number | null;
}

/** An ordered batch that was sent and not answered: only a prefix of it may be there. */
type Pending = string[];

export interface CrashReport {
  cycles: number;
  acknowledged: number;
  documents: number;
}

const WORKERS = 12;
const INDEXES = [
  { key: { worker: 1, slot: 1 }, unique: true, name: 'worker_slot' },
  { key: { n: -1, label: 1 }, name: 'n_label' },
  { key: { label: 1 }, name: 'odd_label', partialFilterExpression: { n: { $gt: 0 } } },
] as const;

/**
 * Kills the store in the middle of concurrent writes, again and again on one folder. After every start all that was
 * acknowledged must be there, of an unanswered batch at most a prefix, and every index must equal a rebuild.
 */
export async function crashDrill(
  cycles: number,
  random: Random,
  log = (_text: string): void => {},
): Promise<CrashReport> {
  const dbPath = await freshFolder();
  const drill = new Drill(random);
  try {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const store = await startStore(dbPath);
      const report = await drill.cycle(store, cycle);
      log(`cycle ${cycle + 1}: ${report}`);
    }
    const store = await startStore(dbPath);
    await drill.withClient(store, (db) => drill.verify(db));
    await store.stop();
  } finally {
    await rm(dbPath, { recursive: true, force: true });
  }
  return { cycles, acknowledged: drill.acknowledged, documents: drill.known.size };
}

class Drill {
  readonly known = new Map<string, Known>();
  acknowledged = 0;
  private killed = false;
  private pending: Pending[] = [];
  private slots = Array.from({ length: WORKERS }, () => 0);

  constructor(private readonly random: Random) {}

  async withClient<T>(store: StoreProcess, run: (db: Db, client: MongoClient) => Promise<T>): Promise<T> {
    const client = new MongoClient(store.uri, { maxPoolSize: WORKERS });
    try {
      return await run(client.db('drill'), client);
    } finally {
      await client.close();
    }
  }

  async cycle(store: StoreProcess, cycle: number): Promise<string> {
    return this.withClient(store, async (db, client) => {
      if (cycle === 0) {
        for (const { key, ...options } of INDEXES) await db.collection('rows').createIndex(key, options);
      } else {
        await this.verify(db);
      }
      const before = this.acknowledged;
      const until = before + this.random.between(10, 400);
      const pause = this.random.next() * 5;
      let reached = (): void => {};
      const enough = new Promise<void>((resolve) => (reached = resolve));
      const onAck = (): void => {
        this.acknowledged += 1;
        if (this.acknowledged === until) reached();
      };
      const workers = Array.from({ length: WORKERS }, (_, worker) =>
        this.work(db.collection('rows'), worker, onAck),
      );
      await enough;
      await wait(pause);
      this.killed = true;
      await store.kill();
      await client.close();
      await Promise.all(workers);
      this.killed = false;
      return `${this.acknowledged - before} writes acknowledged before the kill`;
    });
  }

  /** Writes until the store is gone. Each worker touches only its own documents, so that it knows their values. */
  private async work(rows: Collection<Row>, worker: number, onAck: () => void): Promise<void> {
    while (!this.killed) {
      const mine = [...this.known.keys()].filter((id) => id.startsWith(`${worker}:`));
      try {
        if (mine.length === 0 || this.random.chance(0.5)) await this.insert(rows, worker, onAck);
        else await this.update(rows, this.random.pick(mine), onAck);
      } catch (error) {
        // Once it is killed, anything but an answer of the store says that it is gone.
        if (this.killed && !(error instanceof MongoServerError && error.code !== undefined)) return;
        throw error;
      }
    }
  }

  private async insert(rows: Collection<Row>, worker: number, onAck: () => void): Promise<void> {
    const count = this.random.chance(0.5) ? 1 : this.random.between(2, 12);
    const documents = Array.from({ length: count }, () => {
      const slot = (this.slots[worker] = (this.slots[worker] as number) + 1);
      return { _id: `${worker}:${slot}`, worker, slot, n: 0, label: 'x'.repeat(this.random.between(1, 300)) };
    });
    const ids = documents.map(({ _id }) => _id);
    this.pending.push(ids);
    await rows.insertMany(documents, { ordered: true });
    this.pending = this.pending.filter((batch) => batch !== ids);
    for (const id of ids) this.known.set(id, { acked: 0, sent: null });
    onAck();
  }

  private async update(rows: Collection<Row>, id: string, onAck: () => void): Promise<void> {
    const known = this.known.get(id) as Known;
    known.sent = (known.acked ?? 0) + 1;
    const update = this.random.chance(0.5) ? { $inc: { n: 1 } } : { $max: { n: known.sent } };
    await rows.updateOne({ _id: id }, update);
    known.acked = known.sent;
    known.sent = null;
    onAck();
  }

  async verify(db: Db): Promise<void> {
    const rows = await db
      .collection<Row>('rows')
      .find({}, { hint: { $natural: 1 } })
      .toArray();
    const stored = new Map(rows.map((row) => [row._id, row]));
    this.settlePending(stored);
    for (const [id, known] of this.known) {
      const value = stored.get(id)?.n;
      if (value === undefined || (value !== known.acked && value !== known.sent)) {
        throw new Error(`${id}: acknowledged ${known.acked}, sent ${known.sent}, stored ${value}`);
      }
      known.acked = value;
      known.sent = null;
    }
    for (const id of stored.keys())
      if (!this.known.has(id)) throw new Error(`${id} is stored and was never sent`);
    if (rows.length !== stored.size) throw new Error('a document is stored twice');
    await checkIndexes(db, 'rows');
  }

  private settlePending(stored: ReadonlyMap<string, Row>): void {
    for (const ids of this.pending) {
      const present = ids.map((id) => stored.has(id));
      const prefix = present.indexOf(false) < 0 ? ids.length : present.indexOf(false);
      if (present.slice(prefix).includes(true))
        throw new Error(`of the batch ${ids.join()} a hole is missing`);
      for (const id of ids.slice(0, prefix)) this.known.set(id, { acked: 0, sent: null });
    }
    this.pending = [];
  }
}
