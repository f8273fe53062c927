import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child, type Exit } from './child.js';
import { eventually } from './wait.js';

/** Longest start and longest stop that is still good. */
const START_MS = 30_000;
const STOP_MS = 10_000;

/** As `npm start` runs it. */
const AS_STARTED = ['--enable-source-maps', '--max-semi-space-size=32'];

/** Settings that the surroundings may hold and that must not leak into a server under test. */
const FOREIGN_SETTINGS = /^(NESTIM_|MONGODB_URI$|REDIS_URL$|PORT$|HOST_IP$|POD_IP$)/;

export interface ServerOptions {
  /** Kept between a kill and the next start; without it a fresh one. */
  dataDir?: string;
  /** Added to, or replacing, the settings that tests start with. */
  env?: Record<string, string>;
  /** 0 or absent: any free one. */
  port?: number;
  /** Options of node itself, as `--cpu-prof`. */
  nodeArgs?: string[];
}

/** A server in its own process, ready to serve. */
export interface ServerProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly adminToken: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Where a MongoClient reaches the store that this server uses. */
  readonly storeUri: string;
  /** Everything it has printed, as lines; the log is one JSON object a line. */
  readonly lines: readonly string[];
  readonly exited: Promise<Exit>;
  /**
   * Orderly stop: throws unless it exits with 0 in time and nothing went uncaught in its life (R6). Removes the
   * data unless they are kept.
   */
  stop(options?: { keepData?: boolean }): Promise<void>;
  /** kill -9; the data stay. */
  kill(): Promise<void>;
}

/** Starts `dist/main.js` (built before) on loopback and resolves when `/health/ready` says yes. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'nestim-test-')));
  const adminToken = options.env?.NESTIM_ADMIN_TOKEN ?? randomBytes(24).toString('base64url');
  const child = new Child([...(options.nodeArgs ?? []), ...AS_STARTED, resolve('dist/main.js')], {
    ...ownEnvironment(),
    NODE_ENV: 'test',
    NESTIM_LOG_LEVEL: 'info',
    // All of a test or a load come from one address.
    NESTIM_RATE_LIMIT_FACTOR: '0',
    ...options.env,
    NESTIM_ADMIN_TOKEN: adminToken,
    NESTIM_DATA_DIR: dataDir,
    PORT: String(options.port ?? 0),
  });
  try {
    const { port, storeUri } = await child.line(listening, 'the listening line', START_MS);
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => (await fetch(`${url}/health/ready`)).ok, `${url} to be ready`, START_MS);
    return {
      url,
      port,
      adminToken,
      dataDir,
      pid: child.pid,
      storeUri: options.env?.MONGODB_URI ?? storeUri ?? '',
      lines: child.lines,
      exited: child.exited,
      stop: async ({ keepData = false } = {}) => {
        const exit = await child.end('SIGTERM', STOP_MS);
        if (exit.code !== 0) throw new Error(`exit ${JSON.stringify(exit)}:\n${child.tail()}`);
        const uncaught = child.lines.filter((line) => line.includes('"msg":"unhandled rejection"'));
        if (uncaught.length > 0) throw new Error(`R6: ${uncaught.join('\n')}`);
        if (!keepData) await rm(dataDir, { recursive: true, force: true });
      },
      kill: async () => void (await child.end('SIGKILL')),
    };
  } catch (error) {
    await child.end('SIGKILL');
    throw error;
  }
}

/** Starts a server that must refuse to start; resolves with how it ended and what it said. */
export async function startAndFail(env: Record<string, string>): Promise<{ exit: Exit; lines: string[] }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nestim-test-'));
  const settings = { ...ownEnvironment(), NESTIM_DATA_DIR: dataDir, PORT: '0', ...env };
  const child = new Child([resolve('dist/main.js')], settings);
  try {
    const exit = await Promise.race([child.exited, child.line(listening, 'a refusal', START_MS)]);
    if (!('code' in exit)) throw new Error(`it started:\n${child.tail()}`);
    return { exit, lines: child.lines };
  } finally {
    await child.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}

function listening(line: string): { port: number; storeUri?: string } | undefined {
  if (!line.startsWith('{') || !line.includes('"listening"')) return undefined;
  const entry = JSON.parse(line) as { msg?: string; port?: number; storeUri?: string };
  if (entry.msg !== 'listening' || entry.port === undefined) return undefined;
  return { port: entry.port, ...(entry.storeUri !== undefined && { storeUri: entry.storeUri }) };
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name));
  return Object.fromEntries(own.filter(([name]) => name !== 'NODE_OPTIONS'));
}
