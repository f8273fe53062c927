import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServerProcess, startServer } from '../../test/support/server-process.js';
import { cpuSeconds } from '../wire/cpu-time.js';

/** So long after its message at most a kill happens, so that it meets whatever is under way then. */
const SPREAD_MS = 200;

/** Ports below those that the system gives to clients: one that knocks in vain must not be given the server's own. */
const [LOWEST_PORT, HIGHEST_PORT] = [20_000, 30_000];

/** A token lasts as long as the longest run. */
const SETTINGS = { NESTIM_ACCESS_TOKEN_TTL_SECONDS: '86400' };

export interface KillPlan {
  kills: number;
  /** How many messages the run will send. */
  messages: number;
  random: () => number;
}

/** A server that is killed with SIGKILL at moments spread over a run, and started again on the same data and port. */
export class ServerUnderKill {
  kills = 0;
  /** Rejects when the server ends in any other way than by our hand. */
  readonly failed: Promise<never>;
  private fail!: (error: unknown) => void;
  private readonly due: number[];
  private working: Promise<void> = Promise.resolve();
  private cpuBefore = 0;
  private watched?: ServerProcess;

  private constructor(
    private server: ServerProcess,
    private readonly nodeArgs: string[],
    private readonly plan: KillPlan,
  ) {
    const { kills, messages, random } = plan;
    // One in each of so many equal parts of the run.
    this.due = Array.from({ length: kills }, (_, part) => ((part + random()) * messages) / kills);
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
    this.watch(server);
  }

  static async start(plan: KillPlan, nodeArgs: string[] = []): Promise<ServerUnderKill> {
    const server = await startServer({ port: await aFreePort(), nodeArgs, env: SETTINGS });
    return new ServerUnderKill(server, nodeArgs, plan);
  }

  get url(): string {
    return this.server.url;
  }

  get adminToken(): string {
    return this.server.adminToken;
  }

  /** To be told after each message how many there have been. */
  sent(messages: number): void {
    if (this.due.length === 0 || messages < this.due[0]!) return;
    this.due.shift();
    this.working = this.working.then(() => this.killAndStart()).catch(this.fail);
  }

  /** CPU seconds of all its lives; null where there is no /proc. */
  async cpuSeconds(): Promise<number | null> {
    const now = await cpuSeconds(this.server.pid);
    return now === null ? null : this.cpuBefore + now;
  }

  async stop(): Promise<void> {
    await this.working;
    this.watched = undefined;
    await this.server.stop();
  }

  private watch(server: ServerProcess): void {
    this.watched = server;
    void server.exited.then((exit) => {
      if (server === this.watched) this.fail(new Error(`the server ended: ${JSON.stringify(exit)}`));
    });
  }

  private async killAndStart(): Promise<void> {
    await delay(this.plan.random() * SPREAD_MS);
    this.cpuBefore = (await this.cpuSeconds()) ?? 0;
    this.watched = undefined;
    await this.server.kill();
    const { dataDir, port, adminToken } = this.server;
    const env = { ...SETTINGS, NESTIM_ADMIN_TOKEN: adminToken };
    this.server = await startServer({ dataDir, port, nodeArgs: this.nodeArgs, env });
    this.watch(this.server);
    this.kills += 1;
  }
}

async function aFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
