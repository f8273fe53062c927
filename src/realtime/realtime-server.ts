import { Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';

/** Holds the socket.io server once the adapter has made it. */
@Injectable()
export class RealtimeServer {
  private server?: Server;

  attach(server: Server): void {
    this.server = server;
  }

  /** Absent until the HTTP server listens; nothing is online then. */
  get io(): Server | undefined {
    return this.server;
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
