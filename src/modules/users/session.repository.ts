import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { ENDED_KEPT_MS } from './session.rules.js';
import { SESSION_MODEL, type SessionRow } from './session.schema.js';

@Injectable()
export class SessionRepository {
  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRow>) {}

  async insert(session: SessionRow): Promise<void> {
    await this.sessions.create(session);
  }

  find(sessionId: string): Promise<Stored<SessionRow> | null> {
    return this.sessions.findById(sessionId).lean<Stored<SessionRow>>().exec();
  }

  /** Those that exist, in no particular order. */
  findMany(sessionIds: string[]): Promise<Stored<SessionRow>[]> {
    return this.sessions
      .find({ _id: { $in: sessionIds } })
      .lean<Stored<SessionRow>[]>()
      .exec();
  }

  /** Newest first, the ended ones left out. */
  listLive(userId: string, now: number, limit: number): Promise<Stored<SessionRow>[]> {
    return this.sessions
      .find({ userId, revokedAt: { $exists: false }, expiresAt: { $gt: now } })
      .sort({ userId: -1, _id: -1 })
      .limit(limit)
      .lean<Stored<SessionRow>[]>()
      .exec();
  }

  /**
   * Replaces the refresh token.
   * @returns false, and nothing is changed, when `currentHash` is no longer the valid one: of concurrent calls one wins.
   */
  async rotate(
    sessionId: string,
    currentHash: string,
    next: { hash: string; now: number; expiresAt: number },
  ): Promise<boolean> {
    const { modifiedCount } = await this.sessions.updateOne(
      { _id: sessionId, refreshHash: currentHash, revokedAt: { $exists: false } },
      {
        $set: {
          refreshHash: next.hash,
          previousHash: currentHash,
          rotatedAt: next.now,
          expiresAt: next.expiresAt,
          sweepAt: new Date(next.expiresAt),
        },
      },
    );
    return modifiedCount === 1;
  }

  /** Ends a session of this user for good. @returns false when there is none; ending it again is true. */
  async revoke(userId: string, sessionId: string, now: number): Promise<boolean> {
    const { matchedCount } = await this.sessions.updateOne({ _id: sessionId, userId }, { $min: ending(now) });
    return matchedCount === 1;
  }

  /**
   * Ends every session that this user has, but for one; one that is stored meanwhile may be left.
   * @returns those that this call has found open
   */
  async revokeAll(userId: string, now: number, exceptSessionId?: string): Promise<string[]> {
    const open = this.sessions.find({ userId, revokedAt: { $exists: false } }, { _id: 1 });
    const rows = await open.lean<{ _id: string }[]>().exec();
    const sessionIds = rows.map(({ _id }) => _id).filter((sessionId) => sessionId !== exceptSessionId);
    await this.sessions.updateMany({ _id: { $in: sessionIds } }, { $min: ending(now) });
    return sessionIds;
  }
}

const ending = (now: number) => ({ revokedAt: now, sweepAt: new Date(now + ENDED_KEPT_MS) });
