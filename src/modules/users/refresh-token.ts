import { createHash, randomBytes } from 'node:crypto';

/** `<sessionId>.<256 random bits>`; only its hash is stored. */
export const newRefreshToken = (sessionId: string): string =>
  `${sessionId}.${randomBytes(32).toString('base64url')}`;

export const hashRefreshToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Which session a refresh token speaks of; null when it is none of ours. Proves nothing yet. */
export const sessionIdOf = (token: string): string | null =>
  /^([0-9a-v]{25})\.[\w-]{43}$/.exec(token)?.[1] ?? null;
