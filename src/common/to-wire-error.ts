import { HttpException } from '@nestjs/common';
import { ERRORS, type ErrorCode, type WireError } from '@nestim/protocol';
import { AppError } from './app-error.js';

const HTTP_CODES: Record<number, ErrorCode> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
  503: 'SHUTTING_DOWN',
};

/** Body parsers throw plain errors with a status. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : undefined;
};

/** Finds the code for anything thrown; what nobody threw on purpose is INTERNAL. */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof AppError) return error.code;
  const status = statusOf(error);
  if (status === undefined) return 'INTERNAL';
  return HTTP_CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL');
}

/** The one mapping from what was thrown to what the client is told; it tells nothing of unexpected errors. */
export function toWireError(error: unknown, requestId?: string): WireError {
  const code = errorCode(error);
  const { message, temporary } = ERRORS[code];
  const details = error instanceof AppError ? error.details : undefined;
  return {
    code,
    message,
    temporary,
    ...(requestId !== undefined && { requestId }),
    ...(details !== undefined && { details }),
  };
}
