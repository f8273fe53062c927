import { Latencies } from '../load/latencies.js';
import type { World } from './world.js';

/** Something that is done again and again, one after the other. */
export interface Repeated {
  step(): Promise<unknown>;
  close(): void;
}

/** What one operation costs. */
export interface Cost {
  p50Ms: number;
  /** CPU milliseconds of the server. */
  cpuMs: number;
}

/** One to warm up, the others count. */
const ROUNDS = 4;

/** Takes the worlds in turns, so that what else the machine does meets them alike. */
export async function measure(
  worlds: readonly World[],
  begin: (world: World) => Promise<Repeated>,
  seconds: number,
): Promise<Cost[]> {
  const meters: Meter[] = [];
  try {
    for (const world of worlds) meters.push(new Meter(world, await begin(world)));
    for (let round = 0; round < ROUNDS; round++) {
      for (const meter of meters) await meter.run((seconds * 1000) / ROUNDS, round > 0);
    }
    return meters.map((meter) => meter.cost);
  } finally {
    for (const { repeated } of meters) repeated.close();
  }
}

class Meter {
  private readonly latencies = new Latencies();
  private cpuSeconds = 0;

  constructor(
    private readonly world: World,
    readonly repeated: Repeated,
  ) {}

  async run(ms: number, counts: boolean): Promise<void> {
    const latencies = counts ? this.latencies : new Latencies();
    const cpuBefore = await this.world.cpuSeconds();
    const end = performance.now() + ms;
    for (let start = performance.now(); start < end;) {
      await this.repeated.step();
      const now = performance.now();
      latencies.add(now - start);
      start = now;
    }
    if (counts) this.cpuSeconds += (await this.world.cpuSeconds()) - cpuBefore;
  }

  get cost(): Cost {
    const { latencies, cpuSeconds } = this;
    return { p50Ms: latencies.quantile(0.5), cpuMs: (cpuSeconds / latencies.count) * 1000 };
  }
}
