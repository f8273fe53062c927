import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { StartError } from '../../common/start-error.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/** Longest wait at start for what the server depends on. */
export const REACH_MS = 60_000;

/**
 * Tries until it works, with growing pauses, each failure logged.
 * @param what the setting that names the dependency
 * @throws StartError when it has not worked within `ms`
 */
export async function reach<T>(what: string, attempt: () => Promise<T>, ms = REACH_MS): Promise<T> {
  const logger = new Logger('Start');
  const deadline = Date.now() + ms;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof StartError) throw error;
      if (Date.now() + pause > deadline) {
        throw new StartError(`${what}: not reached within ${ms / 1000} s: ${reason}`, { cause: error });
      }
      logger.warn({ what, reason, nextTryInMs: pause }, 'not reached yet');
      await delay(pause);
    }
  }
}
