import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child } from './child.js';

/** The embedded store alone in a process, so that several servers can share it. */
export interface StoreProcess {
  /** For `MONGODB_URI`; loopback. */
  readonly uri: string;
  readonly pid: number;
  readonly dbPath: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts `embedded-mongo` on a free loopback port with a fresh folder, or on those of a former one. */
export async function startStore(options: { dbPath?: string; port?: number } = {}): Promise<StoreProcess> {
  const dbPath = options.dbPath ?? (await mkdtemp(join(tmpdir(), 'nestim-store-')));
  const bin = resolve('packages/embedded-mongo/bin/embedded-mongo.js');
  const child = new Child([bin, '--dbpath', dbPath, '--port', String(options.port ?? 0)], process.env);
  const uri = await child.line((line) => /listening on (mongodb:\/\/\S+)/.exec(line)?.[1], 'its address');
  return {
    uri,
    pid: child.pid,
    dbPath,
    stop: async () => {
      const exit = await child.end('SIGTERM');
      if (exit.code !== 0) throw new Error(`exit ${JSON.stringify(exit)}:\n${child.tail()}`);
      await rm(dbPath, { recursive: true, force: true });
    },
    kill: async () => void (await child.end('SIGKILL')),
  };
}
