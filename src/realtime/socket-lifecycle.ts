import { Injectable } from '@nestjs/common';
import type { Handshake } from '@nestim/protocol';
import { AppError } from '../common/app-error.js';

export interface SocketIdentity {
  userId: string;
  sessionId: string;
  /** Epoch ms; the socket is closed then. */
  expiresAt: number;
}

/** Knows logins. Both methods throw an AppError that becomes the `connect_error`. */
export interface Authenticator {
  /** Who a handshake is. */
  authenticate(handshake: Handshake): Promise<SocketIdentity>;
  /** Asks again whether a login that was good at the handshake still is. */
  assertLive(identity: Omit<SocketIdentity, 'expiresAt'>): Promise<void>;
}

/** Names the rooms that a user's new socket belongs to. */
export type RoomSource = (userId: string) => Promise<string[]>;

const refuse = (): Promise<never> => Promise.reject(new AppError('UNAUTHENTICATED'));

/** Where features hook into connecting, since realtime imports no feature. */
@Injectable()
export class SocketLifecycle {
  private authenticator: Authenticator = { authenticate: refuse, assertLive: refuse };
  private readonly roomSources: RoomSource[] = [];

  authenticateWith(authenticator: Authenticator): void {
    this.authenticator = authenticator;
  }

  joinRoomsOf(source: RoomSource): void {
    this.roomSources.push(source);
  }

  authenticate(handshake: Handshake): Promise<SocketIdentity> {
    return this.authenticator.authenticate(handshake);
  }

  assertLive(identity: Omit<SocketIdentity, 'expiresAt'>): Promise<void> {
    return this.authenticator.assertLive(identity);
  }

  async roomsOf(userId: string): Promise<string[]> {
    const rooms = await Promise.all(this.roomSources.map((source) => source(userId)));
    return rooms.flat();
  }
}
