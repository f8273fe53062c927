import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsistencyReport } from '@nestim/protocol';
import { type Client, createClient } from '@nestim/sdk';
import { type ServerProcess, startServer } from '../../test/support/server-process.js';
import { cpuSeconds } from '../wire/cpu-time.js';
import { ImConnection } from '../wire/im-connection.js';
import { Rest } from '../wire/rest.js';
import type { Size } from './channels.js';
import { plant } from './plant.js';

/** A start of the server: milliseconds until it was ready, and the CPU seconds that took. */
export interface Start {
  ms: number;
  cpu: number;
}

/** A server on a store that was planted at one size. */
export class World {
  private constructor(
    readonly size: Size,
    private readonly dataDir: string,
    private server: ServerProcess | null = null,
  ) {}

  static async plant(size: Size): Promise<World> {
    const world = new World(size, await mkdtemp(join(tmpdir(), 'nestim-growth-')));
    const server = await startServer({ dataDir: world.dataDir });
    try {
      await plant(server.storeUri, size);
    } finally {
      await server.stop({ keepData: true });
    }
    return world;
  }

  /** Starts the server, anew when it runs. */
  async start(): Promise<Start> {
    await this.stop();
    const began = performance.now();
    const { dataDir } = this;
    this.server = await startServer({ dataDir, env: { NESTIM_ACCESS_TOKEN_TTL_SECONDS: '86400' } });
    return { ms: performance.now() - began, cpu: await this.cpuSeconds() };
  }

  /** @throws Error when the product's own check of all data finds anything */
  async check(): Promise<void> {
    const rest = new Rest(this.running.url);
    const report = await rest.post<ConsistencyReport>(this.running.adminToken, '/admin/consistency/run');
    rest.close();
    if (report.status !== 'ok') throw new Error(`the planted data are not whole: ${JSON.stringify(report)}`);
  }

  /** Used so far by the running server; NaN where there is no /proc. */
  async cpuSeconds(): Promise<number> {
    return (await cpuSeconds(this.running.pid)) ?? NaN;
  }

  rest(): Rest {
    return new Rest(this.running.url);
  }

  async tokenOf(rest: Rest, userId: string): Promise<string> {
    const { adminToken } = this.running;
    return (await rest.post<{ accessToken: string }>(adminToken, '/admin/tokens', { userId })).accessToken;
  }

  /** A client of the SDK, not connected yet. */
  client(token: string): Client {
    return createClient({ url: this.running.url, getToken: () => token, transports: ['websocket'] });
  }

  /** One connection that asks what a measurement says, and hears no push. */
  connection(token: string): Promise<ImConnection> {
    const lost = (reason: string): never => {
      throw new Error(`a connection was lost: ${reason}`);
    };
    return ImConnection.open(this.running.url, token, { push: () => undefined, lost });
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    await this.server?.stop({ keepData: true });
    this.server = null;
  }

  private get running(): ServerProcess {
    if (!this.server) throw new Error('the server is not running');
    return this.server;
  }
}
