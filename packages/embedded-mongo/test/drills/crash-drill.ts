import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checkStore } from '@nestim/embedded-mongo';
import { freshFolder } from '../support/embedded.js';
import type { Random } from '../support/random.js';
import { startStore, type StoreProcess } from '../support/store-process.js';
import { CrashRetries } from './crash-retries.js';
import { CrashRows } from './crash-rows.js';
import { CrashTransfers } from './crash-transfers.js';

export interface CrashReport {
  cycles: number;
  acknowledged: number;
}

const DB = 'drill';
/** Then the database is dropped, so that a long drill stays fast. */
const CYCLES_OF_ONE_DATABASE = 10;

/**
 * Kills the store in the middle of concurrent writes, again and again on one folder. After every kill the file must be whole
 * with every index equal to a rebuild, and every workload must find what it was promised.
 */
export async function crashDrill(
  cycles: number,
  random: Random,
  log = (_text: string): void => {},
): Promise<CrashReport> {
  const folder = await freshFolder();
  const dbPath = join(folder, 'data');
  const workloads = [new CrashRows(random), new CrashTransfers(random), new CrashRetries()];
  const writers = workloads.reduce((sum, workload) => sum + workload.writers, 0);
  let acknowledged = 0;

  const withStore = async (
    use: (store: StoreProcess, client: MongoClient) => Promise<void>,
  ): Promise<void> => {
    const store = await startStore(dbPath);
    const client = new MongoClient(store.uri, { maxPoolSize: writers, serverSelectionTimeoutMS: 10_000 });
    try {
      await use(store, client);
    } finally {
      await store.kill();
      await client.close();
    }
  };
  const verify = async (store: StoreProcess, client: MongoClient): Promise<void> => {
    for (const workload of workloads) await workload.verify({ db: client.db(DB), port: store.port });
  };
  const cycle = (number: number): Promise<void> =>
    withStore(async (store, client) => {
      const db = client.db(DB);
      if (number > 0) await verify(store, client);
      if (number % CYCLES_OF_ONE_DATABASE === 0) {
        await db.dropDatabase();
        for (const workload of workloads) await workload.prepare(db);
      }
      const before = acknowledged;
      const until = before + random.between(5, 150);
      const pause = random.next() * 5;
      let reached = (): void => {};
      const enough = new Promise<void>((resolve) => (reached = resolve));
      let killed = false;
      const onAck = (): void => {
        acknowledged += 1;
        if (acknowledged === until) reached();
      };
      const run = { db, port: store.port, killed: () => killed, onAck };
      const work = Promise.all(
        workloads.flatMap((workload) =>
          Array.from({ length: workload.writers }, (_, writer) => workload.work(run, writer)),
        ),
      );
      await Promise.race([enough, work]);
      await wait(pause);
      killed = true;
      await store.kill();
      await client.close();
      await work;
      const { documents, indexEntries } = await checkStore(dbPath);
      log(
        `cycle ${number + 1}: ${acknowledged - before} acknowledged before the kill, ` +
          `whole with ${documents} documents, ${indexEntries} index entries`,
      );
    });

  try {
    for (let number = 0; number < cycles; number += 1) await cycle(number);
    await withStore(verify);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { cycles, acknowledged };
}
