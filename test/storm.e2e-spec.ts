import { resolve } from 'node:path';
import type { StormResult } from '../bench/storm/storm.js';
import { Child } from './support/child.js';

const CLIENTS = 1_000;

/** `npm run storm` is the long form, with 5,000. */
it('a thousand clients that are cut off at once all come back, to everything that was said meanwhile', async () => {
  const command = resolve('bench/dist/bench/storm/main.js');
  const child = new Child([command, '--clients', String(CLIENTS), '--json'], process.env);
  try {
    const result = await child.line(
      (line) => (line.startsWith('{') ? (JSON.parse(line) as StormResult) : undefined),
      'the result',
      540_000,
    );
    expect(result).toMatchObject({ clients: CLIENTS, cut: CLIENTS, lost: 0, double: 0, stale: 0 });
    expect(result.sendsMeanwhile.sends).toBeGreaterThan(0);
    expect((await child.exited).code).toBe(0);
  } finally {
    await child.end('SIGTERM');
  }
}, 600_000);
