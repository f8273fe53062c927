import { parseArgs } from 'node:util';
import { setInterval as intervals } from 'node:timers/promises';
import { randomFrom } from '../../test/support/random.js';
import { startServer } from '../../test/support/server-process.js';
import { Rest } from '../wire/rest.js';
import { growthOf, inMiB, meanOf, MEASURES, type Memory, readMemory } from './memory.js';
import { pace } from './pace.js';
import { People } from './people.js';

const USAGE = `usage: npm run bench -- soak [--minutes N] [--rate N]
Lets 200 clients of the SDK talk, read, come, go, leave and join, and watches the memory of the server.
  --minutes N   length (60)
  --rate N      messages a second (500); the rest goes with it
It exits with 1 when the server's own memory grew by more than a tenth from the first third to the last, or when
something failed.`;

const SAMPLE_MS = 2_000;
const SEED = 1;
const MOST_GROWTH = 0.1;

/** So many of each for one message. */
const READS = 0.2;
const PAGES = 0.05;
const RECONNECTS = 0.02;
const REJOINS = 0.005;

async function watch(
  minutes: number,
  { url, pid }: { url: string; pid: number },
  people: People,
): Promise<Memory[]> {
  const samples: Memory[] = [];
  const perMinute = 60_000 / SAMPLE_MS;
  for await (const _ of intervals(SAMPLE_MS)) {
    samples.push(await readMemory(url, pid));
    if (samples.length % perMinute === 0) {
      const mean = meanOf(samples.slice(-perMinute));
      const figures = MEASURES.map((measure) => `${measure} ${inMiB(mean[measure])}`).join('  ');
      console.log(`${samples.length / perMinute} min  ${figures} MiB  ${JSON.stringify(people.done)}`);
    }
    if (samples.length >= minutes * perMinute) break;
  }
  return samples;
}

/** Exit codes: 0 flat, 1 grown or failed, 2 not understood. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '60' }, rate: { type: 'string', default: '500' } },
  });
  const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
  if (!(minutes > 0 && minutes <= 1440) || !(rate >= 1 && rate <= 10_000)) {
    console.error(USAGE);
    return 2;
  }
  const server = await startServer({ env: { NESTIM_ACCESS_TOKEN_TTL_SECONDS: '86400' } });
  const rest = new Rest(server.url);
  const stop = new AbortController();
  try {
    const people = await People.make(server.url, server.adminToken, rest, randomFrom(SEED));
    await people.connectAll();
    const load = [
      pace(rate, stop.signal, () => people.send()),
      pace(rate * READS, stop.signal, () => people.read()),
      pace(rate * PAGES, stop.signal, () => people.page()),
      pace(rate * RECONNECTS, stop.signal, () => people.reconnect()),
      pace(rate * REJOINS, stop.signal, () => people.rejoin()),
    ];
    const samples = await watch(minutes, server, people);
    stop.abort();
    await Promise.all(load);
    people.close();
    const growth = growthOf(samples);
    const percents = MEASURES.map((measure) => `${measure} ${(growth[measure] * 100).toFixed(1)} %`);
    console.log(`from the first third to the last: ${percents.join('  ')}`);
    if (people.done.failures > 0) console.log(`the last failure: ${people.lastFailure}`);
    return growth.own > MOST_GROWTH || people.done.failures > 0 ? 1 : 0;
  } finally {
    stop.abort();
    rest.close();
    await server.stop();
  }
}
