import { parseArgs } from 'node:util';
import { startServer } from '../../test/support/server-process.js';
import { cpuSeconds } from '../wire/cpu-time.js';
import { storm, type StormResult } from './storm.js';

const USAGE = `usage: npm run storm -- [options]
Connects clients of the SDK to a server of its own, cuts all at once, and measures their return while others talk.
  --clients N        how many are cut off (5000)
  --json             print the result as JSON
  --server-profile   write a CPU profile of the server into the working folder`;

const ms = (time: number): string => `${Math.round(time).toLocaleString('en-US')} ms`;

function print({ clients, cut, back, cpuSeconds: cpu, ...result }: StormResult): void {
  const { sendsBefore: before, sendsMeanwhile: meanwhile } = result;
  console.log(`${clients} clients, ${cut} connections cut at once`);
  console.log(`back and synced: p50 ${ms(back.p50)}, p99 ${ms(back.p99)}, all ${ms(back.last)}`);
  console.log(`sends before: ${before.sends}, p50 ${ms(before.p50)}, p99 ${ms(before.p99)}`);
  console.log(`sends meanwhile: ${meanwhile.sends}, p50 ${ms(meanwhile.p50)}, p99 ${ms(meanwhile.p99)}`);
  console.log(`lost ${result.lost}, double ${result.double}, other than a fresh client ${result.stale}`);
  const server = cpu.server === null ? 'not measured' : `${cpu.server.toFixed(1)} s`;
  console.log(`CPU of the return: server ${server}, clients ${cpu.clients.toFixed(1)} s`);
}

/** Exit codes: 0 nothing lost, double or stale, 1 something was, 2 could not run. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false },
      'server-profile': { type: 'boolean', default: false },
    },
  });
  const clients = Number(values.clients);
  if (!Number.isInteger(clients) || clients < 1) throw new Error('--clients must be a whole number from 1');
  const server = await startServer({
    nodeArgs: values['server-profile'] ? ['--cpu-prof', '--cpu-prof-dir=.'] : [],
  });
  process.once('SIGTERM', () => void server.kill().then(() => process.exit(2)));
  try {
    const { url, adminToken, pid } = server;
    const result = await storm({
      url,
      adminToken,
      clients,
      serverCpu: () => cpuSeconds(pid),
      onPhase: (phase) => process.stderr.write(`${phase} …\n`),
    });
    if (values.json) console.log(JSON.stringify(result));
    else print(result);
    return result.lost + result.double + result.stale === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  console.error(USAGE);
  process.exitCode = 2;
}
