import { parseArgs } from 'node:util';
import type { Size } from './channels.js';
import { type Cost, measure } from './measure.js';
import { OPERATIONS } from './operations.js';
import { type Start, World } from './world.js';

const USAGE = `usage: npm run bench -- growth [--scale S] [--seconds N]
Measures what each operation costs the server in a small store and in a large one, and prints a table.
Exits with 1 when a cost grows that should not, or faster than what it may follow.
  --scale S     makes both stores so many times larger (1); 0.01 for a quick trial
  --seconds N   length of each measurement in each store (8)`;

const SMALL: Size = { members: 1_000, conversations: 100, messages: 10_000 };
const LARGE: Size = { members: 10_000, conversations: 1_000, messages: 1_000_000 };
const STARTS = 3;
/** Growth below it is noise. */
const TOLERANCE = 1.5;

interface Row {
  operation: string;
  'small → large': string;
  'p50 ms': string;
  'p50 ratio': number;
  'server CPU ms': string;
  'CPU ratio': number;
  'CPU ratio at most': number;
}

const say = (what: string): void => void process.stderr.write(`${what} …\n`);
const round = (value: number): number => Number(value.toPrecision(3));

function row(name: string, by: keyof Size, [small, large]: Cost[], worlds: World[], grows = false): Row {
  const [from, to] = worlds.map(({ size }) => size[by]) as [number, number];
  return {
    operation: name,
    'small → large': `${from.toLocaleString('en-US')} → ${to.toLocaleString('en-US')} ${by}`,
    'p50 ms': `${round(small!.p50Ms)} → ${round(large!.p50Ms)}`,
    'p50 ratio': round(large!.p50Ms / small!.p50Ms),
    'server CPU ms': `${round(small!.cpuMs)} → ${round(large!.cpuMs)}`,
    'CPU ratio': round(large!.cpuMs / small!.cpuMs),
    'CPU ratio at most': (grows ? to / from : 1) * TOLERANCE,
  };
}

const toCost = (starts: Start[]): Cost => {
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  return { p50Ms: middle(starts.map(({ ms }) => ms)), cpuMs: middle(starts.map(({ cpu }) => cpu * 1000)) };
};

/** The first start after all was written looks at what no check has seen; later ones know it to be good. */
async function measureStarts(worlds: World[]): Promise<Row[]> {
  say('start');
  const first: Cost[] = [];
  for (const world of worlds) {
    first.push(toCost([await world.start()]));
    say('check of the data');
    await world.check();
  }
  const starts = worlds.map((): Start[] => []);
  for (let turn = 0; turn < STARTS; turn++) {
    for (const [place, world] of worlds.entries()) starts[place]!.push(await world.start());
  }
  return [
    row('first start, data unchecked', 'messages', first, worlds),
    row('start', 'messages', starts.map(toCost), worlds),
  ];
}

/** Exit codes: 0 every cost as it should be, 1 not so, 2 not understood. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { scale: { type: 'string', default: '1' }, seconds: { type: 'string', default: '8' } },
  });
  const [scale, seconds] = [Number(values.scale), Number(values.seconds)];
  if (!(scale >= 0.01 && scale <= 10) || !(seconds > 0 && seconds <= 600)) {
    console.error(USAGE);
    return 2;
  }
  const scaled = ({ members, conversations, messages }: Size): Size => ({
    members: members * scale,
    conversations: conversations * scale,
    messages: messages * scale,
  });
  const worlds: World[] = [];
  try {
    for (const size of [SMALL, LARGE].map(scaled)) {
      say(`planting ${JSON.stringify(size)}`);
      worlds.push(await World.plant(size));
    }
    const rows = await measureStarts(worlds);
    for (const { name, by, grows, begin } of OPERATIONS) {
      say(name);
      rows.push(row(name, by, await measure(worlds, begin, seconds), worlds, grows));
    }
    console.table(rows);
    return rows.some((each) => each['CPU ratio'] > each['CPU ratio at most']) ? 1 : 0;
  } finally {
    for (const world of worlds) await world.end();
  }
}
