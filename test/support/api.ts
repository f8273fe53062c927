import type { WireError } from '@nestim/protocol';
import { assertDocumentedRefusal } from './documented.js';

/** An answer of the REST API with its parsed body (null when empty). */
export interface ApiAnswer<T> {
  status: number;
  body: T;
}

/** REST calls below `/api/v1` with one bearer token. `T` is the caller's promise about the body. */
export interface Api {
  call<T = Failure>(method: string, path: string, body?: unknown): Promise<ApiAnswer<T>>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

/** The body of every refusal. */
export interface Failure {
  error: WireError;
}

/** A refusal that the caller did not expect. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: WireError | undefined,
    request: string,
  ) {
    super(`${request}: ${status} ${JSON.stringify(error)}`);
  }
}

/** `call` answers any status; `get`, `post` and `delete` throw an {@link ApiError} unless it is 2xx. */
export function api(url: string, token?: string): Api {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<ApiAnswer<T>> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text === '' ? null : JSON.parse(text)) as T;
    if (!response.ok) assertDocumentedRefusal(method, `/api/v1${path}`, (answer as Failure).error.code);
    return { status: response.status, body: answer };
  };
  const succeed = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await call<T>(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new ApiError(answer.status, (answer.body as Failure | null)?.error, `${method} ${path}`);
  };
  return {
    call,
    get: (path) => succeed('GET', path),
    post: (path, body) => succeed('POST', path, body),
    delete: (path) => succeed('DELETE', path),
  };
}
