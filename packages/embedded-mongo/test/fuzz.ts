import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { fuzz } from './drills/fuzz.js';
import { freshFolder } from './support/embedded.js';
import { numberFlags } from './support/flags.js';
import { Random } from './support/random.js';
import { memoryOf, startStore, stopAllStores } from './support/store-process.js';

/** The long form of the fuzz: `npm run fuzz -w @nestim/embedded-mongo -- --packets 1000000`. */
const flags = numberFlags({ seed: Math.floor(Math.random() * 1e9), packets: 1_000_000 });
const MiB = 2 ** 20;
/** What the memory may have grown by since the first twentieth of the packets. */
const MAX_GROWTH = 48 * MiB;

console.log(`seed ${flags.seed}, ${flags.packets} packets`);
const dbPath = await freshFolder();
try {
  const store = await startStore(dbPath);
  const client = await MongoClient.connect(store.uri);
  const random = new Random(flags.seed);
  const rounds = 20;
  let warm = 0;
  for (let round = 1; round <= rounds; round += 1) {
    await fuzz(store.port, Math.ceil(flags.packets / rounds), random);
    // A drop waits for transactions that use what it drops.
    await client.db('admin').command({ killAllSessions: [] });
    await client.db('fuzz').dropDatabase();
    const memory = await memoryOf(store.pid);
    if (round === 1) warm = memory;
    console.log(`${round * 5} %: ${(memory / MiB).toFixed(0)} MiB of memory`);
  }
  const growth = (await memoryOf(store.pid)) - warm;
  await client.db('fuzz').command({ ping: 1 });
  await client.close();
  if ((await store.stop()) !== 0) throw new Error('the store did not end well');
  if (growth > MAX_GROWTH) throw new Error(`the memory grew by ${(growth / MiB).toFixed(0)} MiB`);
  console.log(`no crash, memory ${growth < 0 ? 'less' : 'more'} by ${Math.abs(growth / MiB).toFixed(0)} MiB`);
} finally {
  await stopAllStores();
  await rm(dbPath, { recursive: true, force: true });
}
