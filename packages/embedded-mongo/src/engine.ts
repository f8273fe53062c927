import { timestampValue } from './bson/make.js';
import type { Value } from './bson/value.js';
import { Catalog, type CollectionInfo } from './catalog/catalog.js';
import { recordKey } from './catalog/records.js';
import { Cursors } from './commands/cursors.js';
import { FailPoints } from './fail-points.js';
import { prefixEnd } from './kv/key-writer.js';
import { KvStore } from './kv/store.js';
import { Metrics } from './metrics.js';
import { Settings } from './parameters.js';
import type { ReadScope } from './scope.js';
import { Sessions } from './sessions/sessions.js';
import { Transactions } from './transactions/transactions.js';
import { DataFolder } from './storage/data-folder.js';
import { TtlMonitor } from './ttl.js';

const SWEEP_KEYS = 2000;
const HOUSEKEEPING_MS = 1000;

export interface EngineOptions {
  readonly dbPath: string;
  /** The store cannot go on. */
  readonly onBroken: (error: Error) => void;
  /** Epoch milliseconds; tests move it and call {@link Engine.housekeep}. */
  readonly now?: () => number;
  /** Lets clients set fail points, as MongoDB's `enableTestCommands` does. */
  readonly testCommands?: boolean;
}

/** All parts of one open folder. */
export class Engine {
  readonly store: KvStore;
  readonly catalog: Catalog;
  /** What commands outside transactions read: all that is on disk. */
  readonly reads: ReadScope;
  readonly transactions: Transactions;
  readonly sessions: Sessions;
  readonly cursors: Cursors;
  readonly failPoints: FailPoints | undefined;
  readonly settings: Settings;
  readonly ttl: TtlMonitor;
  readonly metrics = new Metrics();
  readonly dbPath: string;
  readonly now: () => number;
  /** The address under which it names itself to drivers. */
  host = '';
  readonly startedAt: number;
  private readonly folder: DataFolder;
  private readonly housekeeping: NodeJS.Timeout;
  private lastSecond = 0;
  private increment = 0;
  closing = false;

  /** Opens the folder. The caller holds its owner lock. */
  constructor({ dbPath, onBroken, now = Date.now, testCommands = false }: EngineOptions) {
    this.dbPath = dbPath;
    this.now = now;
    this.startedAt = now();
    this.settings = new Settings(testCommands);
    this.cursors = new Cursors(this.settings, now);
    this.failPoints = testCommands ? new FailPoints() : undefined;
    this.folder = new DataFolder(dbPath);
    this.folder.open();
    this.store = new KvStore(this.folder.lmdb, onBroken);
    this.folder.opened();
    const catalog = new Catalog(this.store);
    this.catalog = catalog;
    this.reads = {
      view: this.store.committed,
      get collections() {
        return catalog.committed;
      },
    };
    this.transactions = new Transactions(this.store, catalog, this.settings, now);
    this.sessions = new Sessions(this.store, this.transactions, now);
    this.ttl = new TtlMonitor(this);
    this.sweep();
    this.housekeeping = setInterval(() => this.housekeep(), HOUSEKEEPING_MS).unref();
  }

  /** Ends what has outlived its time. */
  housekeep(): void {
    this.cursors.expire();
    this.sessions.expire();
    this.ttl.tick();
  }

  /** The number of documents, from the keys alone. */
  countRecords(info: CollectionInfo): number {
    const prefix = recordKey(info.ident, 0).subarray(0, 4);
    return this.store.committed.count(prefix, prefixEnd(prefix));
  }

  /** The time of a reply, as MongoDB's `operationTime`: it never goes back. */
  operationTime(): Value {
    const seconds = Math.floor(this.now() / 1000);
    if (seconds > this.lastSecond) {
      this.lastSecond = seconds;
      this.increment = 0;
    }
    return timestampValue(this.lastSecond, ++this.increment);
  }

  /** Sweeps after the current command's writes. */
  sweepLater(): void {
    void this.store.settled()?.then(
      () => this.sweep(),
      () => undefined,
    );
  }

  /** Removes the keys of dropped collections and indexes, a portion at a time, between other work. */
  private sweep(): void {
    if (this.closing || !this.catalog.sweep(SWEEP_KEYS)) return;
    this.sweepLater();
  }

  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.housekeeping);
    this.cursors.close();
    this.sessions.close();
    await this.store.close();
    this.folder.remember();
  }
}
