import { MongoClient } from 'mongodb';
import { raceCounters, raceTransfers, raceUpserts } from './drills/race-drill.js';
import { openTestStore } from './support/embedded.js';
import { numberFlags } from './support/flags.js';

/** The long form of the races: `npm run races -w @nestim/embedded-mongo`. Fails at the first broken promise. */
const flags = numberFlags({
  upserts: 10_000,
  counters: 200,
  increments: 1000,
  accounts: 10,
  transfers: 10_000,
});
const test = await openTestStore();
const clients = await Promise.all(
  Array.from({ length: 4 }, () => MongoClient.connect(test.store.uri, { maxPoolSize: 50 })),
);
const race = { clients, db: 'races' };
async function timed(what: string, run: () => Promise<string | void>): Promise<void> {
  const started = performance.now();
  const more = await run();
  console.log(`${what}: exact, ${((performance.now() - started) / 1000).toFixed(1)} s${more ?? ''}`);
}
try {
  await timed(`${flags.upserts} get-or-creates of one key`, () => raceUpserts(race, flags.upserts));
  await timed(`${flags.counters} counters x ${flags.increments} $inc`, () =>
    raceCounters(race, flags.counters, flags.increments),
  );
  await timed(`${flags.transfers} transfers between ${flags.accounts} accounts`, async () => {
    const { retries, sums } = await raceTransfers(race, flags.accounts, flags.transfers);
    return `, ${retries} run again, ${sums} sums read`;
  });
} finally {
  await Promise.all(clients.map((client) => client.close()));
  await test.close();
}
