import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { ERRORS } from '@nestim/protocol';
import type { Request, Response } from 'express';
import { toWireError } from './to-wire-error.js';

/** Answers every error of a route in the one shape; what was not expected is logged once, with the request id. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(HttpErrorFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request & { id?: unknown }>();
    const response = host.switchToHttp().getResponse<Response>();
    const requestId = request.id === undefined ? undefined : String(request.id);
    const error = toWireError(thrown, requestId);
    if (error.code === 'INTERNAL') this.logger.error({ err: thrown, requestId }, 'request failed');
    if (response.headersSent) {
      response.end();
      return;
    }
    const { retryAfterMs } = (error.details ?? {}) as { retryAfterMs?: number };
    if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000));
    response.status(ERRORS[error.code].status).json({ error });
  }
}
