import type { Environment } from './environment.js';

/**
 * Why a token is wanted. `connect`: to connect, an unexpired one will do; `expiring`: the present one ends soon;
 * `refused`: the server did not take the last one (expired or unknown), so give another.
 */
export type TokenReason = 'connect' | 'expiring' | 'refused';

/**
 * Answers an access token, or null when nobody is logged in (the client then stops with `LOGGED_OUT`). A rejection
 * with a `NestimError` that is not `temporary` stops the client with that error. Any other one counts as a passing
 * failure, such as a network that is down: it is asked again after a while.
 */
export type GetToken = (request: { reason: TokenReason }) => string | null | Promise<string | null>;

/** What an access token says about itself; nothing when it is not one of NestIM's. Times in milliseconds. */
export interface TokenClaims {
  userId?: string;
  expiresAt?: number;
  lifetimeMs?: number;
}

/** Reads a token without checking it: that is the server's part. */
export function readToken(token: string): TokenClaims {
  try {
    const body = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { sub, exp, iat } = JSON.parse(atob(body)) as { sub?: unknown; exp?: unknown; iat?: unknown };
    return {
      ...(typeof sub === 'string' && { userId: sub }),
      ...(typeof exp === 'number' && { expiresAt: exp * 1_000 }),
      ...(typeof exp === 'number' && typeof iat === 'number' && { lifetimeMs: (exp - iat) * 1_000 }),
    };
  } catch {
    return {};
  }
}

/** The next token is fetched at most this long before the present one ends. */
const LEAD_MS = 60_000;

/**
 * How long until the next token should be fetched: a tenth of its life before it ends, at most one to two minutes,
 * spread by chance. Undefined when that is unknown, or past by this machine's clock, which may be wrong: the server says
 * then when the token has expired.
 */
export function renewIn(
  { expiresAt, lifetimeMs }: TokenClaims,
  { now, random }: Environment,
): number | undefined {
  if (expiresAt === undefined || lifetimeMs === undefined) return undefined;
  const remaining = Math.min(expiresAt - now(), lifetimeMs);
  if (remaining <= 0) return undefined;
  const lead = Math.min(LEAD_MS, lifetimeMs / 10) * (1 + random());
  return Math.max(0, remaining - lead);
}
