import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { againstFloor } from './against-floor.js';
import { bySize } from './by-size.js';
import { cursorMemory } from './cursor.js';
import { ratio } from './rounds.js';
import { table } from './table.js';

/** `npm run bench -w @nestim/embedded-mongo [-- --quick] [--dir DIR]`: the folder's disk is what is measured. */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, dir: { type: 'string', default: tmpdir() } },
});
const rounds = values.quick ? { rounds: 3, seconds: 0.2 } : { rounds: 7, seconds: 1.5 };
const sizes = values.quick ? { small: 5_000, large: 50_000 } : { small: 10_000, large: 1_000_000 };
const MAX_GROWTH = 1.3;
const MAX_CURSOR_MB = 50;

const rate = (value: number) => Math.round(value).toLocaleString('en');
const percent = (value: number) => `${(value * 100).toFixed(0)} %`;
const cpu = (value: number) => value.toFixed(3);
const verdict = (good: boolean) => (good ? 'yes' : 'NO');

const folder = await mkdtemp(join(resolve(values.dir), 'embedded-mongo-bench-'));
try {
  console.log('Operations a second; CPU in seconds a thousand operations (medians of interleaved rounds)\n');
  const speed = table([
    'work',
    'callers',
    'LMDB',
    'store',
    'share',
    'target',
    'met',
    'idle server',
    'of idle',
    'CPU LMDB',
    'CPU store',
    'CPU driver',
    'driver, idle',
  ]);
  await againstFloor(folder, rounds, ({ name, callers, target, results: { floor, store, idle } }) => {
    const share = ratio(store, floor);
    speed(
      name,
      callers,
      rate(floor.perSecond),
      rate(store.perSecond),
      percent(share),
      target === undefined ? '' : percent(target),
      target === undefined ? '' : verdict(share >= target),
      rate(idle.perSecond),
      percent(ratio(store, idle)),
      cpu(floor.callerCpu),
      cpu(store.serverCpu),
      cpu(store.callerCpu),
      cpu(idle.callerCpu),
    );
  });

  console.log(`\nFrom ${rate(sizes.small)} to ${rate(sizes.large)} documents, 16 callers\n`);
  const row = table([
    'work',
    'small',
    'large',
    'growth',
    'most',
    'met',
    'CPU small',
    'CPU large',
    'CPU growth',
  ]);
  await bySize(folder, sizes, rounds, ({ name, results: { small, large } }) => {
    const growth = ratio(small, large);
    row(
      name,
      rate(small.perSecond),
      rate(large.perSecond),
      growth.toFixed(2),
      MAX_GROWTH,
      verdict(growth <= MAX_GROWTH),
      cpu(small.serverCpu),
      cpu(large.serverCpu),
      (large.serverCpu / small.serverCpu).toFixed(2),
    );
  });

  const cursor = await cursorMemory(join(folder, 'large'));
  const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  console.log(
    `\nA cursor over ${rate(cursor.documents)} documents (${cursor.seconds.toFixed(1)} s): the store's process grew by ` +
      `${mb(cursor.own)} MB of its own (at most ${MAX_CURSOR_MB}: ${verdict(cursor.own < MAX_CURSOR_MB * 2 ** 20)}), ` +
      `and ${mb(cursor.file)} MB of the file's pages were mapped`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
