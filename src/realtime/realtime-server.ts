import { Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';
import type { Ctx } from '../common/ctx.js';
import { Metrics } from '../infra/metrics/metrics.js';

/** Holds the socket.io server once the adapter has made it. */
@Injectable()
export class RealtimeServer {
  private server?: Server;

  constructor(private readonly metrics: Metrics) {}

  attach(server: Server): void {
    this.server = server;
    const left = (): void => this.metrics.connections.dec();
    server.on('connection', (socket) => {
      this.metrics.connections.inc();
      socket.on('disconnect', left);
    });
  }

  /** Absent until the HTTP server listens; nothing is online then. */
  get io(): Server | undefined {
    return this.server;
  }

  /** Whether the socket that asked is connected no more. */
  hasLeft({ socketId }: Ctx): boolean {
    return socketId !== undefined && this.server?.sockets.sockets.has(socketId) === false;
  }

  /** Refuses new connections; the present ones go on. */
  stopAccepting(): void {
    this.server?.httpServer.close();
  }

  /** Ends every connection, then the server. */
  async close(): Promise<void> {
    this.server?.disconnectSockets(true);
    await this.server?.close();
  }
}
