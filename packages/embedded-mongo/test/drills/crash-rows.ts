import type { Collection, Db } from 'mongodb';
import type { Random } from '../support/random.js';
import { untilKilled, type Run, type Workload } from './crash-workload.js';
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

const INDEXES = [
  { key: { worker: 1, slot: 1 }, unique: true, name: 'worker_slot' },
  { key: { n: -1, label: 1 }, name: 'n_label' },
  { key: { label: 1 }, name: 'odd_label', partialFilterExpression: { n: { $gt: 0 } } },
] as const;

/** Single inserts, ordered batches and updates: what was acknowledged is there, of an unanswered batch at most a prefix. */
export class CrashRows implements Workload {
  readonly writers = 8;
  private known = new Map<string, Known>();
  private pending: Pending[] = [];
  private slots = Array.from({ length: this.writers }, () => 0);

  constructor(private readonly random: Random) {}

  async prepare(db: Db): Promise<void> {
    this.known.clear();
    this.pending = [];
    for (const { key, ...options } of INDEXES) await db.collection('rows').createIndex(key, options);
  }

  /** Each writer touches only its own documents, so that it knows their values. */
  work(run: Run, writer: number): Promise<void> {
    const rows = run.db.collection<Row>('rows');
    return untilKilled(run, async () => {
      const mine = [...this.known.keys()].filter((id) => id.startsWith(`${writer}:`));
      if (mine.length === 0 || this.random.chance(0.5)) await this.insert(rows, writer);
      else await this.update(rows, this.random.pick(mine));
      run.onAck();
    });
  }

  private async insert(rows: Collection<Row>, worker: number): Promise<void> {
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
  }

  private async update(rows: Collection<Row>, id: string): Promise<void> {
    const known = this.known.get(id) as Known;
    known.sent = (known.acked ?? 0) + 1;
    const update = this.random.chance(0.5) ? { $inc: { n: 1 } } : { $max: { n: known.sent } };
    await rows.updateOne({ _id: id }, update);
    known.acked = known.sent;
    known.sent = null;
  }

  async verify({ db }: Pick<Run, 'db'>): Promise<void> {
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
    if (this.random.chance(0.2)) await checkIndexes(db, 'rows');
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
