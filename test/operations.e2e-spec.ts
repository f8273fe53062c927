import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Readiness } from '@nestim/protocol';
import { Child } from './support/child.js';
import { aUser } from './support/factories.js';
import { type ServerProcess, startAndFail, startServer } from './support/server-process.js';
import { startStore } from './support/store-process.js';
import { eventually } from './support/wait.js';

const PATIENT = 60_000;

describe('a running server', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { POD_IP: '10.9.8.7', NESTIM_PROT: 'x' } });
  }, PATIENT);
  afterAll(() => server.stop());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}${path}`, { headers });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };

  it('R65: was ready only after its indexes were built, by a real round trip', async () => {
    const { status, text } = await get('/health/ready');
    expect(status).toBe(200);
    expect(JSON.parse(text) as Readiness).toEqual({
      status: 'ready',
      parts: { store: { ok: true, kind: 'embedded', ms: expect.any(Number) }, indexes: { ok: true } },
    });
  });

  it('R31: says who it is in live, in the metrics and in every log line', async () => {
    const live = JSON.parse((await get('/health/live')).text) as { node: string };
    expect(live).toMatchObject({ status: 'ok', host: '10.9.8.7', version: expect.any(String) });
    expect((await get('/metrics')).text).toContain(`nestim_node_info{node="${live.node}",host="10.9.8.7"} 1`);
    const entries = server.lines.map((line) => JSON.parse(line) as object);
    for (const entry of entries) expect(entry).toMatchObject({ host: '10.9.8.7', node: live.node });
  });

  it('R6: counts what nothing caught, and has none', async () => {
    expect((await get('/metrics')).text).toContain('\nnestim_uncaught_exceptions_total 0\n');
  });

  it('counts the sockets that are connected now', async () => {
    const counted = async (count: number) =>
      (await get('/metrics')).text.includes(`\nnestim_connections ${count}\n`);
    const alice = await aUser(server, 'Alice');
    const sockets = [await alice.connect(), await alice.connect()];
    expect(await counted(2)).toBe(true);
    sockets.forEach((socket) => socket.close());
    await eventually(() => counted(0), 'no socket to be counted');
  });

  it('warns of settings that do not exist', () => {
    const warning = server.lines.find((line) => line.includes('unknown settings'));
    expect(JSON.parse(warning!)).toMatchObject({ level: 'warn', variables: ['NESTIM_PROT'] });
  });

  it('hides the metrics from who comes through a proxy, unless with the admin token', async () => {
    const proxied = { 'x-forwarded-for': '203.0.113.9' };
    expect((await get('/metrics', proxied)).status).toBe(404);
    const withToken = { ...proxied, authorization: `Bearer ${server.adminToken}` };
    expect((await get('/metrics', withToken)).status).toBe(200);
  });

  it('answers what does not exist in the one error shape, with the request id', async () => {
    const { status, text, headers } = await get('/api/v1/nothing', { 'x-request-id': 'abc-1' });
    expect(status).toBe(404);
    expect(headers.get('x-request-id')).toBe('abc-1');
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'NOT_FOUND', requestId: 'abc-1', temporary: false },
    });
  });

  it('refuses broken and oversized bodies typed', async () => {
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${server.url}/api/v1/auth/login`, { method: 'POST', headers, body });
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await post('{')).toEqual([400, 'BAD_REQUEST']);
    expect(await post(JSON.stringify({ username: 'x'.repeat(2 ** 21) }))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('is closed to other web origins', async () => {
    const { headers } = await get('/health/live', { origin: 'https://evil.example' });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('serves its OpenAPI document', async () => {
    const { status, text } = await get('/api/docs-json');
    expect(status).toBe(200);
    expect(Object.keys((JSON.parse(text) as { paths: object }).paths)).toContain('/api/v1/auth/register');
  });
});

describe('stopping', () => {
  it('SIGTERM ends a server with 0 whatever its connections do: sockets, idle, half a request', async () => {
    const server = await startServer();
    const alice = await aUser(server, 'Alice');
    const sockets = await Promise.all([alice.connect(), alice.connect()]);
    const raw = () => createConnection(server.port, '127.0.0.1').on('error', () => undefined);
    const [half, idle] = [raw(), raw()];
    await Promise.all([once(half, 'connect'), once(idle, 'connect')]);
    half.write('POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{');
    await server.stop();
    await Promise.all(sockets.map((socket) => socket.closed));
    expect(server.lines.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    expect(server.lines.at(-1)).toContain('"msg":"stopped"');
  }, 60_000);

  it('starts again at once on the same data after an orderly stop', async () => {
    const first = await startServer();
    await aUser(first, 'Alice', 'alice');
    await first.stop({ keepData: true });
    const second = await startServer({ dataDir: first.dataDir });
    await expect(aUser(second, 'Alice', 'alice')).rejects.toThrow('USER_EXISTS');
    await second.stop();
  }, 60_000);
});

describe('a start that cannot be', () => {
  it.each([
    [{ PORT: '99999' }, 'PORT must be a whole number from 0 to 65535'],
    [{ NESTIM_HOST_IP: 'here' }, 'NESTIM_HOST_IP must be an IPv4 or IPv6 address'],
    [{ NODE_ENV: 'production' }, 'NESTIM_TOKEN_KEY must be a secret'],
    [{ MONGODB_URI: 'mongodb://127.0.0.1:1/?w=1' }, 'MONGODB_URI: w must be majority'],
  ])('R31: %j ends with 1 and says why', async (env, reason) => {
    const { exit, lines } = await startAndFail(env as Record<string, string>);
    expect(exit.code).toBe(1);
    expect(lines.join('\n')).toContain(reason);
  });

  it('a second server on the same data is refused', async () => {
    const server = await startServer();
    const { exit, lines } = await startAndFail({ NESTIM_DATA_DIR: server.dataDir });
    expect(exit.code).toBe(1);
    expect(lines.join('\n')).toContain('NESTIM_DATA_DIR');
    await server.stop();
  }, 60_000);

  it('waits for a MongoDB that is not there, says so, and stops at once when told', async () => {
    const settings = { ...process.env, PORT: '0', MONGODB_URI: 'mongodb://127.0.0.1:1/' };
    const child = new Child([resolve('dist/main.js')], settings);
    await child.line((line) => line.includes('not reached yet') || undefined, 'a logged try');
    expect(await child.end('SIGTERM', 2000)).toEqual({ code: 0, signal: null });
  });
});

describe('losing the store in flight', () => {
  it('readiness names it, the process stays up and recovers without a restart', async () => {
    const first = await startStore();
    const server = await startServer({ env: { MONGODB_URI: first.uri } });
    const readiness = async () => (await (await fetch(`${server.url}/health/ready`)).json()) as Readiness;
    expect(await readiness()).toMatchObject({ status: 'ready', parts: { store: { kind: 'replica-set' } } });
    await first.kill();
    expect(await readiness()).toMatchObject({
      status: 'not-ready',
      parts: { store: { ok: false, problem: expect.stringMatching(/^the store does not answer/) } },
    });
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    const second = await startStore({ dbPath: first.dbPath, port: Number(new URL(first.uri).port) });
    await eventually(async () => (await readiness()).status === 'ready', 'readiness', 30_000);
    await server.stop();
    await second.stop();
  }, 90_000);
});

describe('what must not go on, and what must', () => {
  const breakable = (what: string): Promise<ServerProcess> => {
    const hook = pathToFileURL('test/support/break-on-signal.mjs').href;
    return startServer({ nodeArgs: ['--import', hook], env: { BREAK: what } });
  };

  it.each([
    ['store', 'the store has died'],
    ['exception', 'uncaught exception'],
  ])(
    'the process ends non-zero and says why: %s',
    async (what, reason) => {
      const server = await breakable(what);
      process.kill(server.pid, 'SIGUSR2');
      expect(await server.exited).toEqual({ code: 1, signal: null });
      const fatal = server.lines.filter((line) => line.includes('"level":"fatal"'));
      expect(fatal).toEqual([expect.stringContaining(`"msg":"${reason}"`)]);
      await rm(server.dataDir, { recursive: true });
    },
    PATIENT,
  );

  it(
    'R6: a rejection that nothing caught is counted and logged, and the process goes on',
    async () => {
      const server = await breakable('rejection');
      process.kill(server.pid, 'SIGUSR2');
      const counted = async () => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        return metrics.includes('\nnestim_uncaught_exceptions_total 1\n');
      };
      await eventually(counted, 'the count');
      expect(server.lines.some((line) => line.includes('"msg":"unhandled rejection"'))).toBe(true);
      await expect(server.stop({ keepData: true })).rejects.toThrow('R6');
      await rm(server.dataDir, { recursive: true });
    },
    PATIENT,
  );
});
