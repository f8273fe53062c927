import type { ErrorCode, WireError } from '@nestim/protocol';

/** What the client itself reports, beside the server's codes. `temporary`: it goes on by itself. */
export const CLIENT_ERRORS = {
  CONNECTION_LOST: { temporary: true, message: 'The connection to the server was lost.' },
  NO_ANSWER: { temporary: true, message: 'The server did not answer in time.' },
  TOKEN_UNAVAILABLE: { temporary: true, message: 'getToken failed; it is asked again.' },
  TOKEN_RENEWED: { temporary: true, message: 'The client connects again with its next token.' },
  STORAGE_FAILED: {
    temporary: true,
    message: 'The given storage failed; unsent messages are in memory only.',
  },
  LOGGED_OUT: { temporary: false, message: 'getToken answered null: nobody is logged in.' },
  USER_CHANGED: { temporary: false, message: 'The token is of another user; make a client for each user.' },
  USER_UNKNOWN: { temporary: false, message: 'The token names no user; give createClient the userId.' },
  CLOSED: { temporary: false, message: 'The client was closed.' },
} as const satisfies Record<string, { temporary: boolean; message: string }>;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/**
 * Anything that the server refused or the client gave up.
 *
 * @example
 * try {
 *   await client.messages.send({ to: { groupId }, type: 'text', content: { text } });
 * } catch (error) {
 *   if (error instanceof NestimError && error.code === 'NOT_A_MEMBER') showJoinButton();
 * }
 */
export class NestimError extends Error {
  override readonly name = 'NestimError';

  constructor(
    /** The server's codes are listed in `ERRORS` of `@nestim/protocol`. */
    readonly code: ErrorCode | ClientErrorCode,
    message: string,
    /** True when the same, tried again later, may succeed; the client does so by itself. */
    readonly temporary: boolean,
    /** Names the request in the server's log. */
    readonly requestId?: string,
    /** What the server adds; with `CONNECTION_LOST` the `closeCode` and `reason` with which it closed, if it did. */
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** How long the server asks to wait before the next try, in milliseconds; 0 when it does not say. */
  get retryAfterMs(): number {
    const asked = (this.details as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
    return typeof asked === 'number' ? asked : 0;
  }
}

export const clientError = (code: ClientErrorCode, cause?: unknown, details?: unknown): NestimError => {
  const { message, temporary } = CLIENT_ERRORS[code];
  return new NestimError(code, message, temporary, undefined, details, { cause });
};

export const serverError = ({ code, message, temporary, requestId, details }: WireError): NestimError =>
  new NestimError(code, message, temporary, requestId, details);

/** What to do about an error: `wait` and try again, get another `token` first, or `stop`. */
export type Remedy = 'wait' | 'token' | 'stop';

export function remedyFor({ code, temporary }: NestimError): Remedy {
  if (code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED') return 'token';
  return temporary ? 'wait' : 'stop';
}

/** True when the error concerns the whole login, not the one request that met it. */
export const endsConnection = (error: NestimError): boolean =>
  remedyFor(error) === 'token' || error.code === 'SESSION_REVOKED';
