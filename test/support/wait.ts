import { setTimeout as delay } from 'node:timers/promises';

/** How long support code waits for what must happen; generous, since a busy machine is not a failure. */
export const PATIENCE_MS = 15_000;

/** Rejects naming `what` when the promise takes longer; the timer never keeps the process alive. */
export async function within<T>(promise: Promise<T>, what: string, ms = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again until `probe` answers something other than undefined, false or a rejection.
 * For conditions that only another process knows; where an event exists, await the event.
 */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  ms = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`, { cause: failure });
    await delay(10);
  }
}
