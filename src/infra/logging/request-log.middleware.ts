import { Injectable, Logger, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { newId } from '../../common/ids.js';
import { InFlightRequests } from '../lifecycle/in-flight-requests.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives each request its id, counts it while it runs, and logs one line when it ends: no headers, query or body. */
@Injectable()
export class RequestLogMiddleware implements NestMiddleware {
  private readonly logger = new Logger('Http');

  constructor(private readonly inFlight: InFlightRequests) {}

  use(
    request: Request & { id?: string; ctx?: { userId?: string } },
    response: Response,
    next: NextFunction,
  ): void {
    const startedAt = performance.now();
    const given = request.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newId();
    request.id = requestId;
    response.setHeader('x-request-id', requestId);
    const leave = this.inFlight.enter();
    response.once('close', () => {
      leave();
      const status = response.statusCode;
      const level = status >= 500 ? 'error' : status >= 400 ? 'log' : 'debug';
      this.logger[level](
        {
          requestId,
          userId: request.ctx?.userId,
          method: request.method,
          path: request.originalUrl.split('?', 1)[0],
          status,
          ms: Math.round(performance.now() - startedAt),
          ...(!response.writableFinished && { aborted: true }),
        },
        'request',
      );
    });
    next();
  }
}
