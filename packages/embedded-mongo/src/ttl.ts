import { dateValue } from './bson/make.js';
import { rankOf, T } from './bson/types.js';
import type { Catalog, CollectionInfo } from './catalog/catalog.js';
import type { IndexInfo } from './catalog/index-info.js';
import { recordKey } from './catalog/records.js';
import { KeyWriter, prefixEnd } from './kv/key-writer.js';
import type { KvStore } from './kv/store.js';
import type { KeyRange } from './kv/view.js';
import type { Settings } from './parameters.js';
import { Blocked } from './transactions/key-locks.js';
import type { Transactions } from './transactions/transactions.js';

/** Documents deleted in one turn; other commands run in between. */
const BATCH = 500;

const writer = new KeyWriter();

/** The parts of an open folder that it works on. */
interface Host {
  readonly store: KvStore;
  readonly catalog: Catalog;
  readonly transactions: Transactions;
  readonly settings: Settings;
  readonly now: () => number;
  readonly closing: boolean;
}

/** Deletes documents whose date in a TTL index has passed. */
export class TtlMonitor {
  deleted = 0;
  passes = 0;
  private lastAt: number;
  private running: Promise<void> | undefined;

  constructor(private readonly engine: Host) {
    this.lastAt = engine.now();
  }

  /** Starts a pass if it is time for one. */
  tick(): void {
    const { ttlMonitorEnabled, ttlMonitorSleepSecs } = this.engine.settings;
    if (!ttlMonitorEnabled || this.engine.now() - this.lastAt < ttlMonitorSleepSecs * 1000) return;
    this.lastAt = this.engine.now();
    this.running ??= this.sweep().finally(() => (this.running = undefined));
  }

  /** Resolves when no pass is under way: what had expired is gone from the disk. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async sweep(): Promise<void> {
    const targets = [...this.engine.catalog.planned.values()].flatMap((info) =>
      info.indexes
        .filter((index) => index.expireAfterSeconds !== undefined)
        .map((index) => ({ ns: info.ns, ident: index.ident })),
    );
    for (const { ns, ident } of targets) {
      for (let more = true; more;) {
        more = this.deleteSome(ns, ident);
        // A failed commit ends the store; nothing is left to do here.
        await this.engine.store.settled()?.catch(() => (more = false));
        if (this.engine.closing) return;
      }
    }
    this.passes++;
  }

  /** Deletes up to a batch of what has expired in one index. Returns whether there may be more. */
  private deleteSome(ns: string, ident: number): boolean {
    const { catalog, store } = this.engine;
    const info = catalog.planned.get(ns);
    const index = info?.indexes.find((other) => other.ident === ident);
    if (!info || index?.expireAfterSeconds === undefined) return false;
    const expired = new Set<number>();
    for (const { value } of store.planned.range(expiredRange(index, this.engine.now()))) {
      expired.add(value.readUIntBE(0, 6));
      if (expired.size === BATCH) break;
    }
    let deleted = 0;
    for (const recordId of expired) if (this.delete(info, recordId)) deleted++;
    this.deleted += deleted;
    return deleted > 0 && expired.size === BATCH;
  }

  /** False: a transaction holds the document; the next pass comes back to it. */
  private delete(info: CollectionInfo, recordId: number): boolean {
    try {
      this.engine.transactions.change(({ view, records }) => {
        records.remove(info, recordId, view.get(recordKey(info.ident, recordId))!);
      });
      return true;
    } catch (error) {
      if (error instanceof Blocked) return false;
      throw error;
    }
  }
}

/** The entries of all dates up to the moment of expiry. Of an array's dates each has an entry, so the earliest counts. */
function expiredRange(index: IndexInfo, now: number): KeyRange {
  const { descending } = index.fields[0]!;
  const limit = dateValue(now - index.expireAfterSeconds! * 1000);
  const dates = writer.start(index.ident).bound(rankOf(T.date), descending).key();
  const last = writer.start(index.ident).field(limit, descending).key();
  return descending ? { start: last, end: prefixEnd(dates) } : { start: dates, end: prefixEnd(last) };
}
