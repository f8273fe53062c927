import type { AuthResult, Login, TokenPair, WireError } from '@nestim/protocol';
import { clientError, NestimError, serverError } from './errors.js';
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

/**
 * A `getToken` that refreshes by itself, for pages and programs that hold a refresh token themselves.
 *
 * @param saved what logging in, or the last `onChange`, gave
 * @param onChange told the next pair each time: keep it, the former one is worth nothing any more
 * @example
 * const tokens = await login(url, { username, password });
 * const save = (next) => localStorage.setItem('tokens', JSON.stringify(next));
 * const client = createClient({ url, getToken: keepTokens(url, tokens, save) });
 */
export function keepTokens(
  url: string,
  saved: Pick<TokenPair, 'accessToken' | 'refreshToken'>,
  onChange: (next: TokenPair) => void = () => {},
): GetToken {
  let { accessToken, refreshToken } = saved;
  return async ({ reason }) => {
    if (reason === 'connect') return accessToken;
    try {
      const next = await post<TokenPair>(url, 'refresh', { refreshToken });
      ({ accessToken, refreshToken } = next);
      onChange(next);
      return accessToken;
    } catch (error) {
      if (error instanceof NestimError && !error.temporary) return null;
      throw error;
    }
  };
}
