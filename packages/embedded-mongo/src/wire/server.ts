import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { Engine } from '../engine.js';
import { Connection } from './connection.js';

/** Accepts clients on Unix sockets and loopback ports. */
export class WireServer {
  private readonly servers: Server[] = [];
  private readonly connections = new Set<Connection>();

  constructor(
    private readonly engine: Engine,
    private readonly onDefect: (error: Error) => void,
  ) {}

  /** Starts listening. Returns the port, or 0 for a Unix socket. */
  async listen(options: Pick<ListenOptions, 'path' | 'port'>): Promise<number> {
    const server = createServer((socket) => this.accept(socket));
    this.servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(
        options.path === undefined ? { host: '127.0.0.1', port: options.port } : { path: options.path },
        resolve,
      );
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Stops accepting, sends the replies under way, ends the connections. */
  async close(): Promise<void> {
    const closed = this.servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await Promise.all([...this.connections].map((connection) => connection.drained()));
    for (const connection of this.connections) connection.close();
    await Promise.all(closed);
  }

  private accept(socket: Socket): void {
    const { metrics } = this.engine;
    metrics.connections++;
    const id = ++metrics.connectionsMade;
    const address = `${socket.remoteAddress ?? 'anonymous unix socket'}:${socket.remotePort ?? 0}`;
    const connection = new Connection(socket, this.engine, this.onDefect, { id, address });
    this.connections.add(connection);
    socket.on('close', () => {
      metrics.connections--;
      this.connections.delete(connection);
    });
  }
}
