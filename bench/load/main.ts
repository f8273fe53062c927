import { parseArgs } from 'node:util';
import { startServer } from '../../test/support/server-process.js';
import { cpuSeconds } from '../wire/cpu-time.js';
import { Rest } from '../wire/rest.js';
import { BenchUser, makeUsers } from './bench-user.js';
import { WORKLOADS } from './workloads.js';

const USAGE = `usage: npm run bench -- [--seconds N] [WORKLOAD ...]
Loads a fresh server of its own through real sockets, on loopback, and prints a table.
  --seconds N   length of each workload (5)
  WORKLOAD      any of ${Object.keys(WORKLOADS).join(', ')}; all of them without`;

interface Row {
  workload: string;
  'per second': number;
  'p50 ms': number;
  'p99 ms': number;
  'server CPU s / 1,000': number;
}

/** Each workload gets a fresh server, so that none measures what another left behind. */
async function run(name: string, seconds: number): Promise<Row> {
  process.stderr.write(`${name} …\n`);
  const server = await startServer();
  const rest = new Rest(server.url);
  const people: BenchUser[] = [];
  try {
    const users = async (count: number): Promise<BenchUser[]> => {
      people.push(...(await makeUsers(count, () => BenchUser.make(server.url, server.adminToken, rest))));
      return people;
    };
    const cpuUsed = async (): Promise<number> => (await cpuSeconds(server.pid)) ?? NaN;
    let cpuBefore = 0;
    const begin = async (): Promise<void> => {
      cpuBefore = await cpuUsed();
    };
    const { unit, operations, latencies, ...outcome } = await WORKLOADS[name]!({
      rest,
      seconds,
      users,
      begin,
    });
    const cpu = (await cpuUsed()) - cpuBefore;
    return {
      workload: `${outcome.name} (${unit})`,
      'per second': Math.round(operations / outcome.seconds),
      'p50 ms': latencies.quantile(0.5),
      'p99 ms': latencies.quantile(0.99),
      'server CPU s / 1,000': Number(((cpu / operations) * 1000).toFixed(4)),
    };
  } finally {
    for (const { connection } of people) connection.close();
    rest.close();
    await server.stop();
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '5' } },
});
const seconds = Number(values.seconds);
const names = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);
if (!(seconds > 0 && seconds <= 60) || names.some((name) => !(name in WORKLOADS))) {
  console.error(USAGE);
  process.exit(2);
}
const rows: Row[] = [];
for (const name of names) rows.push(await run(name, seconds));
console.table(rows);
