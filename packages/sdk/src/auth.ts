import type { AuthResult, Login, TokenPair, WireError } from '@nestim/protocol';
import { clientError, serverError } from './errors.js';
import type { GetToken } from './token.js';

const TIMEOUT_MS = 15_000;

async function post<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${url}/api/v1/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw clientError('CONNECTION_LOST', cause);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  const error = (answer as { error?: WireError } | undefined)?.error;
  throw error ? serverError(error) : clientError('NO_ANSWER', new Error(`status ${response.status}`));
}

/**
 * Logs in with a password.
 * @returns who it is, and the tokens for {@link keepTokens}
 * @throws NestimError `BAD_CREDENTIALS`, `TOO_MANY_REQUESTS`, `CONNECTION_LOST` …
 */
export const login = (url: string, credentials: Login): Promise<AuthResult> =>
  post(url, 'login', credentials);

/** What a login is kept as. */
export type SavedTokens = Pick<TokenPair, 'accessToken' | 'refreshToken'>;

/**
 * A `getToken` that refreshes by itself, for pages and programs that hold a refresh token themselves. A final refusal, as
 * `SESSION_REVOKED` or `USER_DISABLED`, stops the client with its code.
 *
 * @param saved what logging in gave. Where several tabs share it, a function that reads it: each time it is asked, so that
 * a tab goes on with what another one has fetched; null when nobody is logged in any more
 * @param onChange told the next pair each time: keep it, the former one is worth nothing any more
 * @example
 * const read = () => JSON.parse(localStorage.getItem('tokens'));
 * const save = (next) => localStorage.setItem('tokens', JSON.stringify(next));
 * save(await login(url, { username, password }));
 * const client = createClient({ url, getToken: keepTokens(url, read, save) });
 */
export function keepTokens(
  url: string,
  saved: SavedTokens | (() => SavedTokens | null | Promise<SavedTokens | null>),
  onChange: (next: TokenPair) => void = () => {},
): GetToken {
  let kept = saved;
  const read = () => (typeof kept === 'function' ? kept() : kept);
  let given: SavedTokens | null = null;
  const give = (tokens: SavedTokens | null): string | null => {
    given = tokens;
    return tokens?.accessToken ?? null;
  };
  return async ({ reason }) => {
    const present = await read();
    if (!present || reason === 'connect' || present.refreshToken !== given?.refreshToken)
      return give(present);
    try {
      const next = await post<TokenPair>(url, 'refresh', { refreshToken: present.refreshToken });
      if (typeof kept !== 'function') kept = next;
      onChange(next);
      return give(next);
    } catch (error) {
      // Another tab was faster, or has logged in anew.
      const latest = await read();
      if (latest?.refreshToken !== present.refreshToken) return give(latest);
      throw error;
    }
  };
}
