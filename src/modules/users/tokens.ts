import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../common/app-error.js';

export interface TokenSubject {
  userId: string;
  sessionId: string;
}

/** Whom an access token speaks for, and until when (epoch ms). */
export interface AccessIdentity extends TokenSubject {
  expiresAt: number;
}

/** Tokens whose signature need not be computed again. */
const MAX_VERIFIED = 10_000;

/** Makes and reads the tokens: HS256 access tokens, and the secrets of refresh tokens. */
export class Tokens {
  private readonly jwt: JwtService;
  private readonly key: KeyObject;
  private readonly verified = new LRUCache<string, AccessIdentity>({ max: MAX_VERIFIED });

  constructor(key: string, accessTtlSeconds: number) {
    // Given a text, the library would try to read it as a public key first, for every token.
    this.key = createSecretKey(key, 'utf8');
    this.jwt = new JwtService({
      secret: this.key,
      signOptions: { algorithm: 'HS256', expiresIn: accessTtlSeconds },
      verifyOptions: { algorithms: ['HS256'] },
    });
  }

  signAccess({ userId, sessionId }: TokenSubject): string {
    return this.jwt.sign({ sub: userId, sid: sessionId });
  }

  /** @throws AppError TOKEN_EXPIRED, or UNAUTHENTICATED for anything that we did not sign. */
  verifyAccess(token: string): AccessIdentity {
    const known = this.verified.get(token);
    if (known && known.expiresAt > Date.now()) return known;
    const identity = this.verify(token);
    this.verified.set(token, identity);
    return identity;
  }

  private verify(token: string): AccessIdentity {
    let claims: { sub?: unknown; sid?: unknown; exp?: unknown };
    try {
      claims = this.jwt.verify(token);
    } catch (error) {
      const expired = (error as Error).name === 'TokenExpiredError';
      throw new AppError(expired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED');
    }
    const { sub, sid, exp } = claims;
    if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number')
      throw new AppError('UNAUTHENTICATED');
    return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
  }

  /**
   * The refresh token that follows `previous`. Always the same one, so a refresh whose answer was lost can be
   * repeated; without the key nobody can tell it from the one before.
   */
  refreshAfter(sessionId: string, previous: string): string {
    const secret = createHmac('sha256', this.key).update(`refresh:${previous}`).digest('base64url');
    return `${sessionId}.${secret}`;
  }
}
