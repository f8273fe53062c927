import { Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { RealtimeServer } from './realtime-server.js';

export const userRoom = (userId: string): string => `user:${userId}`;
export const sessionRoom = (sessionId: string): string => `session:${sessionId}`;

interface Entering {
  /** What changed since the handshake began to read. */
  readonly changes: { room: string; join: boolean }[];
  readonly onClose: () => void;
}

/**
 * Moves users' sockets between rooms. socket.io cannot address a socket before it is connected, so a change that
 * comes while a handshake reads the user's rooms is kept with that handshake and applied after what it read.
 */
@Injectable()
export class Rooms {
  private readonly connecting = new Map<string, Map<Socket, Entering>>();

  constructor(private readonly server: RealtimeServer) {}

  /** Joins a socket in its handshake to the rooms that `read` answers. {@link connected} must follow. */
  async enter(socket: Socket, userId: string, read: () => Promise<string[]>): Promise<void> {
    // A connection that is closed already would never be forgotten.
    if (socket.conn.readyState !== 'open') return;
    const onClose = (): void => this.forget(socket, userId);
    socket.conn.once('close', onClose);
    const sockets = this.connecting.get(userId) ?? new Map<Socket, Entering>();
    this.connecting.set(userId, sockets.set(socket, { changes: [], onClose }));
    await socket.join(await read());
  }

  /** Applies what changed during the handshake; from here on socket.io finds the socket itself. */
  connected(socket: Socket, userId: string): void {
    for (const { room, join } of this.connecting.get(userId)?.get(socket)?.changes ?? []) {
      void (join ? socket.join(room) : socket.leave(room));
    }
    this.forget(socket, userId);
  }

  move(userIds: string[], room: string, join: boolean): void {
    const io = this.server.io;
    if (!io || userIds.length === 0) return;
    const sockets = io.in(userIds.map(userRoom));
    if (join) sockets.socketsJoin(room);
    else sockets.socketsLeave(room);
    for (const userId of userIds) {
      this.connecting.get(userId)?.forEach(({ changes }) => changes.push({ room, join }));
    }
  }

  private forget(socket: Socket, userId: string): void {
    const sockets = this.connecting.get(userId);
    const entering = sockets?.get(socket);
    if (!sockets || !entering) return;
    socket.conn.off('close', entering.onClose);
    sockets.delete(socket);
    if (sockets.size === 0) this.connecting.delete(userId);
  }
}
