import { Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { RealtimeServer } from './realtime-server.js';

export const userRoom = (userId: string): string => `user:${userId}`;
export const sessionRoom = (sessionId: string): string => `session:${sessionId}`;

/**
 * Moves users' sockets between rooms. socket.io cannot address a socket before it is connected, so a change that
 * comes while a handshake reads the user's rooms is kept with that handshake and applied after what it read.
 */
@Injectable()
export class Rooms {
  private readonly connecting = new Map<string, Map<Socket, { room: string; join: boolean }[]>>();

  constructor(private readonly server: RealtimeServer) {}

  /** Joins a socket in its handshake to the rooms that `read` answers. {@link connected} must follow. */
  async enter(socket: Socket, userId: string, read: () => Promise<string[]>): Promise<void> {
    const sockets = this.connecting.get(userId) ?? new Map();
    this.connecting.set(userId, sockets.set(socket, []));
    socket.conn.once('close', () => this.forget(socket, userId));
    await socket.join(await read());
  }

  /** Applies what changed during the handshake; from here on socket.io finds the socket itself. */
  connected(socket: Socket, userId: string): void {
    for (const { room, join } of this.connecting.get(userId)?.get(socket) ?? []) {
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
      this.connecting.get(userId)?.forEach((changes) => changes.push({ room, join }));
    }
  }

  private forget(socket: Socket, userId: string): void {
    const sockets = this.connecting.get(userId);
    if (sockets?.delete(socket) && sockets.size === 0) this.connecting.delete(userId);
  }
}
