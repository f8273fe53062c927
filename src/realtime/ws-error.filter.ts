import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { Ack } from '@nestim/protocol';
import { newId } from '../common/ids.js';
import { toWireError } from '../common/to-wire-error.js';

/** Answers every error of an event in its ack; what was not expected is logged once, with the request id. */
@Catch()
export class WsErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(WsErrorFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = toWireError(thrown, newId());
    if (error.code === 'INTERNAL')
      this.logger.error({ err: thrown, requestId: error.requestId }, 'event failed');
    const ack = host.getArgs<unknown[]>().find((arg) => typeof arg === 'function');
    (ack as ((answer: Ack<never>) => void) | undefined)?.({ ok: false, error });
  }
}
