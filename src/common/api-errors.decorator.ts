import { ApiExtension } from '@nestjs/swagger';
import type { ErrorCode } from '@nestim/protocol';

/** The errors that a route answers of its own, for its document; those of the guard and of any route need no mention. */
export const ApiErrors = (...codes: ErrorCode[]) => ApiExtension('x-errors', codes);
