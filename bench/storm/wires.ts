import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** The TCP connections that this thread opens from now on, to be cut as a pulled cable cuts them. */
export class Wires {
  private readonly open = new Set<Socket>();

  constructor() {
    subscribe('net.client.socket', (message) => {
      const { socket } = message as { socket: Socket };
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
  }

  /** Cuts those that lead to this port. @returns how many there were */
  cut(port: number): number {
    const wires = [...this.open].filter(({ remotePort }) => remotePort === port);
    for (const wire of wires) wire.resetAndDestroy();
    return wires.length;
  }
}
