import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Nest tells of every route and module at start; that is worth debug. */
const CHATTER: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
]);

/**
 * Carries Nest's logging to pino: `logger.warn({ userId }, 'text')` gives the fields, the text and the class as
 * `context`. There is no request scope behind it on purpose: AsyncLocalStorage makes every promise of the process
 * more than twice as dear on Node 20, so who logs passes `requestId` itself.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(...args: unknown[]): void {
    this.write(CHATTER.has(args.at(-1)) ? 'debug' : 'info', args);
  }

  error(...args: unknown[]): void {
    // A start that failed is told of by main.
    if (args.at(-1) !== 'ExceptionHandler') this.write('error', args);
  }

  warn(...args: unknown[]): void {
    this.write('warn', args);
  }

  debug(...args: unknown[]): void {
    this.write('debug', args);
  }

  verbose(...args: unknown[]): void {
    this.write('trace', args);
  }

  fatal(...args: unknown[]): void {
    this.write('fatal', args);
  }

  /** Nest appends the context; before it come a text, or fields and a text, or an error, or a text and a stack. */
  private write(level: Level, [first, ...rest]: unknown[]): void {
    if (!this.logger.isLevelEnabled(level)) return;
    const context = rest.length > 0 ? rest.pop() : undefined;
    const second = rest[0];
    if (first instanceof Error) this.logger[level]({ context, err: first }, first.message);
    else if (typeof first === 'object')
      this.logger[level]({ context, ...first }, second as string | undefined);
    else this.logger[level]({ context, ...(second !== undefined && { detail: second }) }, String(first));
  }
}
