import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireError } from '@nestim/protocol';

/** Most requests under way at once to one server; the others wait for their turn. */
const CONNECTIONS = 32;

/** Idle connections are closed well before the server does (5 s): a request on one that it is closing would be reset. */
const IDLE_MS = 2_000;

/** For so long a call is repeated whose answer was lost, or which the server refused for now. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 200;

interface Answer {
  status: number;
  text: string;
}

/** An answer that is not 2xx. */
export class RestError extends Error {
  readonly code: string | undefined;
  readonly temporary: boolean;

  constructor(request: string, { status, text }: Answer) {
    super(`${request}: ${status} ${text.slice(0, 300)}`);
    const error = wireErrorOf(text);
    this.code = error?.code;
    this.temporary = error?.temporary ?? false;
  }
}

/**
 * REST calls below `/api/v1` over kept connections; every answer but 2xx throws. A call without an answer is made
 * again, so it must be one that may be repeated.
 */
export class Rest {
  /** How many calls were made again. */
  repeated = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS });
  private readonly base: URL;

  constructor(url: string) {
    this.base = new URL(url);
  }

  get<T>(token: string, path: string): Promise<T> {
    return this.insist('GET', token, path);
  }

  post<T>(token: string, path: string, body: unknown = {}): Promise<T> {
    return this.insist('POST', token, path, JSON.stringify(body));
  }

  close(): void {
    this.agent.destroy();
  }

  /** @throws RestError, or the last failure of the wire when there was no answer for a minute */
  private async insist<T>(method: string, token: string, path: string, body?: string): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const outcome = await this.call(method, token, path, body).catch((error: Error) => error);
      if ('text' in outcome && outcome.status >= 200 && outcome.status < 300)
        return (outcome.text === '' ? null : JSON.parse(outcome.text)) as T;
      const failure = 'text' in outcome ? new RestError(`${method} ${path}`, outcome) : outcome;
      if (performance.now() > deadline || (failure instanceof RestError && !failure.temporary)) throw failure;
      this.repeated += 1;
      await delay(PAUSE_MS);
    }
  }

  private call(method: string, token: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.agent,
          host: this.base.hostname,
          port: this.base.port,
          method,
          path: `/api/v1${path}`,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function wireErrorOf(text: string): WireError | undefined {
  try {
    return (JSON.parse(text) as { error?: WireError }).error;
  } catch {
    return undefined;
  }
}
