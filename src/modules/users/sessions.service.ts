import { Injectable } from '@nestjs/common';
import type { ErrorCode, Platform, Session, TokenPair } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { BatchedLookup } from '../../common/batched-lookup.js';
import type { Ctx } from '../../common/ctx.js';
import { newId } from '../../common/ids.js';
import { LookupCache } from '../../common/lookup-cache.js';
import type { Stored } from '../../common/stored.js';
import { AppConfig } from '../../config/app-config.js';
import { RateLimits } from '../../infra/limits/rate-limits.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { hashRefreshToken, newRefreshToken, sessionIdOf } from './refresh-token.js';
import { isLive, rotationFor } from './session.rules.js';
import { SessionRepository } from './session.repository.js';
import type { SessionRow } from './session.schema.js';
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
  /** sessionId → why its tokens are refused, or '' when they are taken. */
  private readonly refusals = new LookupCache<ErrorCode | ''>(LIVE_SESSIONS);
  private readonly rows = new BatchedLookup((sessionIds) => this.readRows(sessionIds));

  constructor(
    private readonly config: AppConfig,
    private readonly sessions: SessionRepository,
    private readonly tokens: Tokens,
    private readonly users: UsersService,
    private readonly publisher: RealtimePublisher,
    private readonly badRows: BadRows,
    private readonly limits: RateLimits,
  ) {}

  /**
   * Stores a login.
   * @param confirm throws to take it back. Asked after it was stored: what ends all logins of the user has either found
   * this one, or is seen here
   */
  async open(
    userId: string,
    platform: Platform = 'other',
    confirm = (): Promise<void> => this.users.assertActive(userId),
  ): Promise<TokenPair> {
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
      sweepAt: new Date(this.expiry(now)),
    });
    try {
      await confirm();
    } catch (error) {
      await this.sessions.revoke(userId, sessionId, now);
      throw error;
    }
    return this.pair({ userId, sessionId }, refreshToken);
  }

  /** Who a token speaks for. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, USER_DISABLED or SESSION_REVOKED */
  async authenticate(accessToken: string): Promise<AccessIdentity> {
    const identity = this.tokens.verifyAccess(accessToken);
    await this.assertLive(identity);
    return identity;
  }

  /** @throws AppError UNAUTHENTICATED, USER_DISABLED or SESSION_REVOKED */
  async assertLive(subject: TokenSubject): Promise<void> {
    const refusal = await this.refusals.get(subject.sessionId, () => this.findRefusal(subject));
    if (refusal !== '') throw new AppError(refusal);
  }

  /**
   * Trades a refresh token for the next pair; the same token again within a minute gets the same next one.
   * @throws AppError UNAUTHENTICATED; USER_DISABLED; TOO_MANY_REQUESTS; SESSION_REVOKED, also when a token long
   * replaced shows that it was stolen.
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const sessionId = sessionIdOf(refreshToken);
    if (sessionId === null) throw new AppError('UNAUTHENTICATED');
    this.limits.refresh.take(sessionId);
    const hash = hashRefreshToken(refreshToken);
    const next = this.tokens.refreshAfter(sessionId, refreshToken);
    for (;;) {
      const now = Date.now();
      const row = await this.sessions.find(sessionId);
      const userId = row?.userId;
      if (!row || typeof userId !== 'string') throw new AppError('UNAUTHENTICATED');
      const rotation = rotationFor(row, hash, now);
      if (rotation !== 'unknown') await this.users.assertActive(userId);
      switch (rotation) {
        case 'rotate': {
          const replacement = { hash: hashRefreshToken(next), now, expiresAt: this.expiry(now) };
          if (!(await this.sessions.rotate(sessionId, hash, replacement))) continue;
          return this.pair({ userId, sessionId }, next);
        }
        case 'repeat':
          return this.pair({ userId, sessionId }, next);
        case 'reuse':
          await this.revoke(userId, sessionId);
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
    if (!(await this.revoke(userId, sessionId))) throw new AppError('SESSION_NOT_FOUND');
  }

  /** As {@link end}, for all logins of a user but one, if given; `code` is what their sockets are told. */
  async endAll(userId: string, code: ErrorCode, exceptSessionId?: string): Promise<void> {
    const ended = await this.sessions.revokeAll(userId, Date.now(), exceptSessionId);
    for (const sessionId of ended) this.announceEnd(sessionId, code);
  }

  /** @returns false when there is no such session, or no more */
  private async revoke(userId: string, sessionId: string): Promise<boolean> {
    const existed = await this.sessions.revoke(userId, sessionId, Date.now());
    if (existed) this.announceEnd(sessionId, 'SESSION_REVOKED');
    return existed;
  }

  private announceEnd(sessionId: string, code: ErrorCode): void {
    this.refusals.drop(sessionId);
    this.publisher.disconnectSession(sessionId, code);
  }

  private async findRefusal({ userId, sessionId }: TokenSubject): Promise<ErrorCode | ''> {
    const [row, user] = await Promise.all([this.rows.get(sessionId), this.users.findRefusal(userId)]);
    if (user === 'USER_DISABLED') return user;
    if (!row || row.userId !== userId || !isLive(row, Date.now())) return 'SESSION_REVOKED';
    return user;
  }

  private async readRows(sessionIds: string[]): Promise<Map<string, Stored<SessionRow>>> {
    return new Map((await this.sessions.findMany(sessionIds)).map((row) => [String(row._id), row]));
  }

  private pair(subject: TokenSubject, refreshToken: string): TokenPair {
    const accessToken = this.tokens.signAccess(subject);
    return { accessToken, refreshToken, expiresIn: this.config.accessTokenTtlSeconds };
  }

  private expiry(now: number): number {
    return now + this.config.refreshTokenTtlSeconds * 1000;
  }
}
