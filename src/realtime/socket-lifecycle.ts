import { Injectable } from '@nestjs/common';
import type { Handshake } from '@nestim/protocol';
import { AppError } from '../common/app-error.js';

export interface SocketIdentity {
  userId: string;
  sessionId: string;
  /** Epoch ms; the socket is closed then. */
  expiresAt: number;
}

/** Answers who a handshake is, or throws an AppError that becomes the `connect_error`. */
export type Authenticator = (handshake: Handshake) => Promise<SocketIdentity>;

/** Names the rooms that a user's new socket belongs to. */
export type RoomSource = (userId: string) => Promise<string[]>;

/** Where features hook into connecting, since realtime imports no feature. */
@Injectable()
export class SocketLifecycle {
  private authenticator: Authenticator = () => Promise.reject(new AppError('UNAUTHENTICATED'));
  private readonly roomSources: RoomSource[] = [];

  authenticateWith(authenticator: Authenticator): void {
    this.authenticator = authenticator;
  }

  joinRoomsOf(source: RoomSource): void {
    this.roomSources.push(source);
  }

  authenticate(handshake: Handshake): Promise<SocketIdentity> {
    return this.authenticator(handshake);
  }

  async roomsOf(userId: string): Promise<string[]> {
    const rooms = await Promise.all(this.roomSources.map((source) => source(userId)));
    return rooms.flat();
  }
}
