import { MongoClient } from 'mongodb';
import { rm } from 'node:fs/promises';
import { startServer, type RunningServer } from '../../src/server.js';
import { freshFolder } from './embedded.js';

/** A store in this process, with a clock that the test moves. */
export interface MovedClock {
  readonly server: RunningServer;
  readonly client: MongoClient;
  /** Epoch milliseconds. */
  now(): number;
  /** Moves the clock; what that starts is done when it resolves. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function openWithMovedClock(): Promise<MovedClock> {
  let now = Date.UTC(2026, 0, 1);
  const dbPath = await freshFolder();
  const onFatal = (error: Error) => {
    throw error;
  };
  const server = await startServer({ dbPath, port: 0, now: () => now, onFatal });
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
  return {
    server,
    client,
    now: () => now,
    advance: async (ms) => {
      now += ms;
      server.engine.housekeep();
      await server.engine.ttl.idle();
    },
    close: async () => {
      await client.close();
      await server.close();
      await rm(dbPath, { recursive: true, force: true });
    },
  };
}
