import { Injectable } from '@nestjs/common';
import type { Platform, Session, TokenPair } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { newId } from '../../common/ids.js';
import { LookupCache } from '../../common/lookup-cache.js';
import { AppConfig } from '../../config/app-config.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { hashRefreshToken, newRefreshToken, sessionIdOf } from './refresh-token.js';
import { isLive, rotationFor } from './session.rules.js';
import { SessionRepository } from './session.repository.js';
import { toSession } from './to-session.js';
import { type AccessIdentity, type TokenSubject, Tokens } from './tokens.js';
import { UsersService } from './users.service.js';

/** Within this process a logout counts at once; another process learns of it within the time to live. */
const LIVE_SESSIONS = { max: 100_000, ttlMs: 1_000 };
/** Most logins that are listed. */
const MAX_LISTED = 200;

/** Logins: every token belongs to one, and ending it ends them all. */
@Injectable()
export class SessionsService {
  /** sessionId → the user whose live session it is, or '' when it is over. */
  private readonly owners = new LookupCache<string>(LIVE_SESSIONS);

  constructor(
    private readonly config: AppConfig,
    private readonly sessions: SessionRepository,
    private readonly tokens: Tokens,
    private readonly users: UsersService,
    private readonly publisher: RealtimePublisher,
    private readonly badRows: BadRows,
  ) {}

  async open(userId: string, platform: Platform = 'other'): Promise<TokenPair> {
    const sessionId = newId();
    const refreshToken = newRefreshToken(sessionId);
    const now = Date.now();
    await this.sessions.insert({
      _id: sessionId,
      userId,
      platform,
      refreshHash: hashRefreshToken(refreshToken),
      createdAt: now,
      expiresAt: this.expiry(now),
    });
    return this.pair({ userId, sessionId }, refreshToken);
  }

  /** Who a token speaks for. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED or SESSION_REVOKED */
  async authenticate(accessToken: string): Promise<AccessIdentity> {
    const identity = this.tokens.verifyAccess(accessToken);
    const { userId, sessionId } = identity;
    const owner = await this.owners.get(sessionId, () => this.findOwner(sessionId));
    if (owner !== userId) throw new AppError('SESSION_REVOKED');
    if (!(await this.users.exists(userId))) throw new AppError('UNAUTHENTICATED');
    return identity;
  }

  /**
   * Trades a refresh token for the next pair; the same token again within a minute gets the same next one.
   * @throws AppError UNAUTHENTICATED; SESSION_REVOKED, also when a token long replaced shows that it was stolen.
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const sessionId = sessionIdOf(refreshToken);
    if (sessionId === null) throw new AppError('UNAUTHENTICATED');
    const hash = hashRefreshToken(refreshToken);
    const next = this.tokens.refreshAfter(sessionId, refreshToken);
    for (;;) {
      const now = Date.now();
      const row = await this.sessions.find(sessionId);
      const userId = row?.userId;
      if (!row || typeof userId !== 'string') throw new AppError('UNAUTHENTICATED');
      switch (rotationFor(row, hash, now)) {
        case 'rotate': {
          const replacement = { hash: hashRefreshToken(next), now, expiresAt: this.expiry(now) };
          if (!(await this.sessions.rotate(sessionId, hash, replacement))) continue;
          return this.pair({ userId, sessionId }, next);
        }
        case 'repeat':
          return this.pair({ userId, sessionId }, next);
        case 'reuse':
          await this.end(userId, sessionId);
          throw new AppError('SESSION_REVOKED');
        case 'ended':
          throw new AppError('SESSION_REVOKED');
        case 'unknown':
          throw new AppError('UNAUTHENTICATED');
      }
    }
  }

  async list(ctx: Ctx): Promise<Session[]> {
    const rows = await this.sessions.listLive(ctx.userId, Date.now(), MAX_LISTED);
    return rows.flatMap((row) => toSession(row, ctx.sessionId, this.badRows) ?? []);
  }

  /** Refuses the session's tokens from now on and closes its sockets. @throws AppError SESSION_NOT_FOUND */
  async end(userId: string, sessionId: string): Promise<void> {
    if (!(await this.sessions.revoke(userId, sessionId, Date.now()))) throw new AppError('SESSION_NOT_FOUND');
    this.owners.drop(sessionId);
    this.publisher.disconnectSession(sessionId, 'SESSION_REVOKED');
  }

  private async findOwner(sessionId: string): Promise<string> {
    const row = await this.sessions.find(sessionId);
    return row && isLive(row, Date.now()) && typeof row.userId === 'string' ? row.userId : '';
  }

  private pair(subject: TokenSubject, refreshToken: string): TokenPair {
    const accessToken = this.tokens.signAccess(subject);
    return { accessToken, refreshToken, expiresIn: this.config.accessTokenTtlSeconds };
  }

  private expiry(now: number): number {
    return now + this.config.refreshTokenTtlSeconds * 1000;
  }
}
