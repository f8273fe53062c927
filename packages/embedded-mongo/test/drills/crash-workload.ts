import { MongoServerError, type Db } from 'mongodb';

/** One run of the store, which ends by a kill. */
export interface Run {
  readonly db: Db;
  readonly port: number;
  /** Whether the store is gone, or about to be. */
  readonly killed: () => boolean;
  /** Tells that a write was acknowledged. */
  readonly onAck: () => void;
}

/** Writers that know what they were promised, and hold the store to it after it was killed. */
export interface Workload {
  readonly writers: number;
  /** On an empty database; what was known of a former one is forgotten. */
  prepare(db: Db): Promise<void>;
  /** Writes until the store is gone. */
  work(run: Run, writer: number): Promise<void>;
  /** Looks at the store after a new start. Throws if it broke its word. */
  verify(run: Pick<Run, 'db' | 'port'>): Promise<void>;
}

/** Repeats a step until the store is gone. Once it is killed, anything but an answer of the store says that. */
export async function untilKilled(run: Run, step: () => Promise<void>): Promise<void> {
  while (!run.killed()) {
    try {
      await step();
    } catch (error) {
      if (run.killed() && !(error instanceof MongoServerError && error.code !== undefined)) return;
      throw error;
    }
  }
}
