import { open, type RootDatabase } from 'lmdb';
import { seal } from './checksum.js';
import { LmdbView } from './lmdb-view.js';
import { Overlay, OverlayView } from './overlay.js';
import type { KvView, WriteSet } from './view.js';

/** The synced state of one moment. It keeps old pages from being used again: release it soon. */
export interface Snapshot {
  readonly view: KvView;
  release(): void;
}

/** LMDB's table of readers: snapshots and the reads of each turn. */
const MAX_READERS = 1100;

/**
 * Bytes of addresses, not of memory or disk. Beyond it the map grows by itself, but LMDB keeps each smaller map beside the
 * larger one, and what both show counts twice in the memory of the process.
 */
const MAP_SIZE = 2 ** 36;

/** No planned writes. */
const EMPTY = new Overlay();

/**
 * The store: LMDB below, planned writes above it.
 *
 * A write command plans synchronously against `planned` (the synced state with everything planned since laid over it), so
 * concurrent commands see each other's writes and are serialised by the event loop. Its writes join the open batch; when
 * no commit is under way the batch becomes one LMDB transaction, synced to disk, while the next commands already plan
 * theirs (group commit). Reads outside write commands go to `committed` and so never see what is not synced.
 */
export class KvStore {
  readonly committed: KvView;
  readonly planned: KvView & WriteSet;
  private readonly db: RootDatabase<Buffer, Buffer>;
  private open = new Overlay();
  private inFlight = EMPTY;
  private openDone = deferred();
  private inFlightDone: Deferred | undefined;
  private hooks: (() => void)[] = [];
  private scheduled = false;
  private broken: Error | undefined;

  /** Opens or creates the LMDB environment in `path`. The caller holds the owner lock. */
  constructor(
    private readonly path: string,
    private readonly onBroken: (error: Error) => void,
  ) {
    this.db = open<Buffer, Buffer>({
      path,
      keyEncoding: 'binary',
      encoding: 'binary',
      // A commit is visible to readers only when it is on disk.
      overlappingSync: false,
      // Every commit is one explicit batch.
      eventTurnBatching: false,
      maxDbs: 1,
      maxReaders: MAX_READERS,
      mapSize: MAP_SIZE,
    });
    this.committed = new LmdbView(this.db, (error) => this.damaged(error));
    const underOpen = new OverlayView(this.committed, () => this.inFlight);
    const view = new OverlayView(underOpen, () => this.open);
    this.planned = {
      get: (key) => view.get(key),
      peek: (key) => view.peek(key),
      range: (range) => view.range(range),
      count: (start, end) => view.count(start, end),
      put: (key, value) => {
        this.open.put(key, value);
        this.schedule();
      },
      remove: (key) => {
        this.open.remove(key);
        this.schedule();
      },
    };
  }

  /** Runs `hook` when everything planned so far is on disk (before anyone waiting on `settled` continues). */
  afterCommit(hook: () => void): void {
    this.hooks.push(hook);
    this.schedule();
  }

  /** Resolves when everything planned so far is on disk; null if nothing is pending. Rejects if the commit failed. */
  settled(): Promise<void> | null {
    if (this.broken) return Promise.reject(this.broken);
    if (this.open.size > 0 || this.hooks.length > 0) return this.openDone.promise;
    return this.inFlightDone?.promise ?? null;
  }

  /** Takes a snapshot of what is on disk. */
  snapshot(): Snapshot {
    const transaction = this.db.useReadTransaction();
    return {
      view: new LmdbView(this.db, (error) => this.damaged(error), transaction),
      release: () => transaction.done(),
    };
  }

  async close(): Promise<void> {
    await this.settled()?.catch(() => undefined);
    await this.db.close();
  }

  private schedule(): void {
    if (this.scheduled || this.inFlightDone) return;
    this.scheduled = true;
    // After all packets of this turn have been planned.
    setImmediate(() => {
      this.scheduled = false;
      if (!this.inFlightDone) this.commit();
    });
  }

  private commit(): void {
    if (this.broken) return;
    const batch = this.open;
    const done = this.openDone;
    const hooks = this.hooks;
    this.inFlight = batch;
    this.inFlightDone = done;
    this.open = new Overlay();
    this.openDone = deferred();
    this.hooks = [];
    const write = batch.size === 0 ? Promise.resolve(true) : this.writeBatch(batch);
    write.then(
      () => {
        // The next read must begin on the new state before the overlay that showed it goes away.
        this.db.resetReadTxn();
        this.inFlight = EMPTY;
        this.inFlightDone = undefined;
        for (const hook of hooks) hook();
        done.resolve();
        if (this.open.size > 0 || this.hooks.length > 0) this.commit();
      },
      (error: CommitError) => this.fail(commitFailed(this.path, error), done),
    );
  }

  private writeBatch(batch: Overlay): Promise<boolean> {
    return this.db.batch(() => {
      for (const { key, value } of batch.all()) {
        if (value) void this.db.put(key, seal(key, value));
        else void this.db.remove(key);
      }
    });
  }

  /** The command that met the damage answers with it; then the store ends, acknowledging nothing more. */
  private damaged(error: Error): void {
    this.broken ??= error;
    setImmediate(() => this.onBroken(error));
  }

  /** A failed commit leaves plans that were built on it: nothing more may be acknowledged. */
  private fail(error: Error, done: Deferred): void {
    this.broken = error;
    done.reject(error);
    this.openDone.reject(error);
    this.onBroken(error);
  }
}

/** lmdb keeps the cause beside its own message. */
type CommitError = Error & { readonly commitError?: Error };

function commitFailed(path: string, error: CommitError): Error {
  const why = (error.commitError ?? error).message;
  return new Error(`writing to ${path} failed (is the disk full?): ${why}`, { cause: error });
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((ok, failed) => {
    resolve = ok;
    reject = failed;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
