import { ERRORS, type ErrorCode } from '@nestim/protocol';

/** The only error that code throws on purpose; its code comes from the protocol's registry. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly details?: unknown,
  ) {
    super(ERRORS[code].message);
    this.name = 'AppError';
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
