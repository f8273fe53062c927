import { Agent, request } from 'node:http';

/** Most requests under way at once to one server; the others wait for their turn. */
const CONNECTIONS = 32;

/** Idle connections are closed well before the server does (5 s): a request on one that it is closing would be reset. */
const IDLE_MS = 2_000;

/** REST calls below `/api/v1` over kept connections; every answer but 2xx throws. */
export class Rest {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS });
  private readonly base: URL;

  constructor(url: string) {
    this.base = new URL(url);
  }

  get<T>(token: string, path: string): Promise<T> {
    return this.call('GET', token, path);
  }

  post<T>(token: string, path: string, body: unknown = {}): Promise<T> {
    return this.call('POST', token, path, JSON.stringify(body));
  }

  close(): void {
    this.agent.destroy();
  }

  private call<T>(method: string, token: string, path: string, body?: string): Promise<T> {
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
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            const status = response.statusCode ?? 0;
            if (status < 200 || status > 299)
              reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
            else resolve((text === '' ? null : JSON.parse(text)) as T);
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
