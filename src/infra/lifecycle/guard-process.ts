import type { Logger } from 'pino';
import type { Metrics } from '../metrics/metrics.js';

/**
 * Counts and logs what nothing caught. After an uncaught exception the state of the process is unknown, so it ends
 * non-zero and the supervisor starts it again; what was acknowledged is stored. A rejection concerns one piece of
 * work, and the process goes on.
 */
export function guardProcess(logger: Logger, metrics: Metrics): void {
  process.on('uncaughtException', (err) => {
    metrics.uncaughtExceptions.inc();
    logger.fatal({ err }, 'uncaught exception');
    process.exit(1);
  });
  process.on('unhandledRejection', (err) => {
    metrics.uncaughtExceptions.inc();
    logger.error({ err }, 'unhandled rejection');
  });
}
