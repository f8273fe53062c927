import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 10;
/** Actions under way at most; beyond it they wait for their turn. */
const MOST_UNDER_WAY = 2_000;

/** Begins an action so many times a second until the signal, whatever the earlier ones take, and then lets them end. */
export async function pace(
  perSecond: number,
  signal: AbortSignal,
  action: () => Promise<unknown>,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  let [owed, last] = [0, performance.now()];
  while (!signal.aborted) {
    const now = performance.now();
    owed = Math.min(owed + ((now - last) / 1000) * perSecond, Math.max(1, perSecond));
    last = now;
    for (; owed >= 1 && underWay.size < MOST_UNDER_WAY; owed -= 1) {
      const begun: Promise<unknown> = action().finally(() => underWay.delete(begun));
      underWay.add(begun);
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
}
