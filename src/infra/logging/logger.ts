import { type DestinationStream, type Logger, pino } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import type { HostIdentity } from '../host-identity/host-identity.js';

/** Never in a log, should a caller pass them by mistake. */
const SECRETS = [
  'authorization',
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'headers.authorization',
];

/**
 * The process's one log: a JSON object a line on stdout, written at once, so that a crash loses no line.
 * All that does not change is rendered here; a line costs no question to the operating system but its write.
 */
export function createLogger(
  config: Pick<AppConfig, 'logLevel' | 'logHost'>,
  identity: HostIdentity,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  const options = {
    level: config.logLevel,
    base: { pid: process.pid, node: identity.node, ...(config.logHost && { host: identity.host }) },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: SECRETS,
    serializers: { err: describeError },
  };
  return pino(options, destination);
}

/** Names what went wrong. Other properties stay out: a driver's error may carry whole documents. */
function describeError(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { code, cause } = thrown as { code?: unknown; cause?: unknown };
  return {
    type: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause: cause instanceof Error ? cause.message : String(cause) }),
  };
}
