import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';

/** A stop that has not ended by then is cut off. */
const LONGEST_STOP_MS = 9500;

/**
 * SIGTERM and SIGINT stop the server in order and end the process with 0. Before the app exists there is nothing to
 * put in order. A second signal changes nothing: a terminal's Ctrl-C reaches the process twice under npm.
 * @returns to be called with the app as soon as it exists
 */
export function stopOnSignals(logger: Logger): (app: INestApplicationContext) => void {
  let app: INestApplicationContext | undefined;
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.fatal('the stop took too long');
      process.exit(1);
    }, LONGEST_STOP_MS).unref();
    await app?.close();
    logger.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch((err: unknown) => {
        logger.fatal({ err }, 'the stop failed');
        process.exit(1);
      });
    });
  }
  return (made) => (app = made);
}
