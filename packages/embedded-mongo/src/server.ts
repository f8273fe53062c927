import { Engine } from './engine.js';
import { lockFolder } from './owner-lock.js';
import { WireServer } from './wire/server.js';

export interface ServerOptions {
  readonly dbPath: string;
  /** A Unix socket to listen on. */
  readonly socketPath?: string;
  /** A port of 127.0.0.1 to listen on (0: any free one). */
  readonly port?: number;
  /** The store cannot go on: its host should end. */
  readonly onFatal: (error: Error) => void;
  /** Epoch milliseconds, for what expires; the system's clock by default. */
  readonly now?: () => number;
  /** Lets clients set fail points. */
  readonly testCommands?: boolean;
}

export interface RunningServer {
  /** The port listened on, if one was asked for. */
  readonly port: number | undefined;
  readonly engine: Engine;
  /** Drains, closes the store, gives the folder back. */
  close(): Promise<void>;
}

/** Locks the folder, opens it and serves it in this thread. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const lock = await lockFolder(options.dbPath);
  let engine: Engine | undefined;
  try {
    const { dbPath, onFatal, now, testCommands } = options;
    engine = new Engine({ dbPath, onBroken: onFatal, now, testCommands });
    const server = new WireServer(engine, options.onFatal);
    if (options.socketPath !== undefined) await server.listen({ path: options.socketPath });
    const port = options.port === undefined ? undefined : await server.listen({ port: options.port });
    const opened = engine;
    opened.host = port === undefined ? (options.socketPath ?? '') : `127.0.0.1:${port}`;
    return {
      port,
      engine,
      close: async () => {
        await server.close();
        await opened.close();
        await lock.release();
      },
    };
  } catch (error) {
    await engine?.close();
    await lock.release();
    throw error;
  }
}
