import { killDrill } from './support/kill-drill.js';
import { randomFrom } from './support/random.js';

/** `KILL_CYCLES=200 KILL_SEED=7 npm test -- test/crash` is the long form. */
const CYCLES = Number(process.env.KILL_CYCLES ?? 20);
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

it(
  `G1 G2 G3 G5: ${CYCLES} kills under load lose, double and miscount nothing (seed ${SEED})`,
  async () => {
    const result = await killDrill(CYCLES, randomFrom(SEED));
    console.info(JSON.stringify(result));
    expect(result.violations).toEqual([]);
    expect(result.acked).toBeGreaterThan(CYCLES * 10);
    expect(result.repeated).toBeGreaterThan(0);
  },
  30_000 + CYCLES * 15_000,
);
