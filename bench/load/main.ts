import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../../test/support/server-process.js';
import { measureEcho } from '../compare/echo.js';
import { compare, type Recorded, ratiosOf, type Speed } from '../compare/ratios.js';
import { cpuSeconds } from '../wire/cpu-time.js';
import { Rest } from '../wire/rest.js';
import { BenchUser, makeUsers } from './bench-user.js';
import { WORKLOADS } from './workloads.js';

const RECORDED = 'bench/recorded.json';

const USAGE = `usage: npm run bench -- [options] [WORKLOAD ...]
Loads a fresh server of its own through real sockets, on loopback, and prints a table.
  --seconds N     length of each workload (5)
  --compare       measure a bare socket.io echo beside each workload, and hold the ratios against ${RECORDED};
                  exit 1 when one is worse than tolerated
  --tolerance P   in per cent (25)
  --record        write the ratios there instead
  WORKLOAD        any of ${Object.keys(WORKLOADS).join(', ')}; all of them without`;

interface Row {
  workload: string;
  'per second': number;
  'p50 ms': number;
  'p99 ms': number;
  'server CPU s / 1,000': number;
}

interface Result {
  row: Row;
  speed: Speed;
}

/** Each workload gets a fresh server, so that none measures what another left behind. */
async function run(name: string, seconds: number): Promise<Result> {
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
    const speed = { perSecond: operations / outcome.seconds, cpuPer1000: (cpu / operations) * 1000 };
    const row = {
      workload: `${outcome.name} (${unit})`,
      'per second': Math.round(speed.perSecond),
      'p50 ms': latencies.quantile(0.5),
      'p99 ms': latencies.quantile(0.99),
      'server CPU s / 1,000': Number(speed.cpuPer1000.toFixed(4)),
    };
    return { row, speed };
  } finally {
    for (const { connection } of people) connection.close();
    rest.close();
    await server.stop();
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    compare: { type: 'boolean', default: false },
    tolerance: { type: 'string', default: '25' },
    record: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const tolerance = Number(values.tolerance);
const names = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);
if (!(seconds > 0 && seconds <= 60) || !(tolerance > 0) || names.some((name) => !(name in WORKLOADS))) {
  console.error(USAGE);
  process.exit(2);
}
const rows: Row[] = [];
const ratios: Recorded = {};
for (const name of names) {
  if (values.compare || values.record) process.stderr.write('echo …\n');
  const echo = values.compare || values.record ? await measureEcho(seconds) : null;
  const { row, speed } = await run(name, seconds);
  rows.push(row);
  if (echo) ratios[name] = ratiosOf(speed, echo);
}
console.table(rows);
if (values.record) await writeFile(RECORDED, `${JSON.stringify(ratios, null, 2)}\n`);
if (values.compare) {
  const changes = compare(ratios, JSON.parse(await readFile(RECORDED, 'utf8')) as Recorded, tolerance);
  console.table(changes);
  if (changes.some(({ worse }) => worse)) process.exitCode = 1;
}
