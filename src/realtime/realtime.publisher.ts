import { Injectable } from '@nestjs/common';
import {
  ERRORS,
  type ErrorCode,
  type ServerEvent,
  type ServerPayload,
  type WireError,
} from '@nestim/protocol';
import type { RawJson } from '../common/raw-json.js';
import { broadcast } from './direct-connection.js';
import { eventPacket } from './packets.js';
import { RealtimeServer } from './realtime-server.js';
import { Rooms, sessionRoom, userRoom } from './rooms.js';

type Payload<E extends ServerEvent> = ServerPayload<E> | RawJson<ServerPayload<E>>;

/**
 * Sends events to who is online. At most once: who is offline, or whose connection breaks, catches up by pulling.
 * A broadcast is encoded once, whatever the number of receivers.
 */
@Injectable()
export class RealtimePublisher {
  constructor(
    private readonly server: RealtimeServer,
    private readonly rooms: Rooms,
  ) {}

  toRoom<E extends ServerEvent>(room: string, event: E, payload: Payload<E>, exceptSocketId?: string): void {
    this.emit([room], event, payload, exceptSocketId);
  }

  toUsers<E extends ServerEvent>(
    userIds: string[],
    event: E,
    payload: Payload<E>,
    exceptSocketId?: string,
  ): void {
    // A note to oneself names one person twice.
    this.emit([...new Set(userIds)].map(userRoom), event, payload, exceptSocketId);
  }

  joinRoom(userIds: string[], room: string): void {
    this.rooms.move(userIds, room, true);
  }

  leaveRoom(userIds: string[], room: string): void {
    this.rooms.move(userIds, room, false);
  }

  /** Tells a login's sockets why, then closes them. */
  disconnectSession(sessionId: string, code: ErrorCode): void {
    const { message, temporary } = ERRORS[code];
    const error: WireError = { code, message, temporary };
    const sockets = this.server.io?.in(sessionRoom(sessionId));
    sockets?.emit('session:revoked', { sessionId, error });
    sockets?.disconnectSockets(true);
  }

  /** Nobody is in two of these rooms. */
  private emit(rooms: readonly string[], event: string, payload: unknown, exceptSocketId?: string): void {
    const io = this.server.io;
    if (!io) return;
    const { adapter, sockets } = io.sockets;
    let tell: ReturnType<typeof broadcast> | undefined;
    for (const room of rooms) {
      for (const socketId of adapter.rooms.get(room) ?? []) {
        const socket = socketId === exceptSocketId ? undefined : sockets.get(socketId);
        if (socket) (tell ??= broadcast(eventPacket(event, payload)))(socket.conn);
      }
    }
  }
}
