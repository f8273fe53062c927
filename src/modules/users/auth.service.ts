import { Injectable } from '@nestjs/common';
import type {
  AdminCreateToken,
  AdminUserResult,
  AuthResult,
  ChangePassword,
  Login,
  Register,
  TokenPair,
} from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { newId } from '../../common/ids.js';
import { textOf } from '../../common/stored.js';
import { AppConfig } from '../../config/app-config.js';
import { RateLimits } from '../../infra/limits/rate-limits.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { PasswordHasher } from './password-hasher.js';
import { SessionsService } from './sessions.service.js';
import { toUser } from './to-user.js';
import { refusalOf } from './user.rules.js';
import { UserRepository } from './user.repository.js';
import { UsersService } from './users.service.js';

/** Registration, login, and what ends all logins of a user. */
@Injectable()
export class AuthService {
  constructor(
    private readonly config: AppConfig,
    private readonly repository: UserRepository,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordHasher,
    private readonly badRows: BadRows,
    private readonly limits: RateLimits,
  ) {}

  /** @throws AppError REGISTRATION_CLOSED, USERNAME_TAKEN, TOO_MANY_REQUESTS */
  async register(
    { username, password, nickname = username, platform }: Register,
    address: string | null,
  ): Promise<AuthResult> {
    if (!this.config.openRegistration) throw new AppError('REGISTRATION_CLOSED');
    this.limits.registration.take(address);
    // Spares the hashing; the index decides.
    if (await this.repository.findByUsername(username)) throw new AppError('USERNAME_TAKEN');
    const passwordHash = await this.passwords.hash(password);
    const [userId, createdAt, usernameKey] = [newId(), Date.now(), username.toLowerCase()];
    const row = { _id: userId, username, usernameKey, nickname, passwordHash, createdAt };
    if (!(await this.repository.insert(row))) throw new AppError('USERNAME_TAKEN');
    const tokens = await this.sessions.open(userId, platform);
    return { user: { userId, username, nickname, createdAt }, ...tokens };
  }

  /**
   * @throws AppError BAD_CREDENTIALS, after the same time for a wrong name as for a wrong password; USER_DISABLED;
   * TOO_MANY_REQUESTS
   */
  async login({ username, password, platform }: Login, address: string | null): Promise<AuthResult> {
    const guesses = `${address ?? ''} ${username.toLowerCase()}`;
    this.limits.login.take(address);
    this.limits.guess.take(guesses);
    const row = await this.repository.findByUsername(username);
    const hash = textOf(row?.passwordHash);
    const matches = await this.passwords.matches(hash, password);
    const user = row && matches ? toUser(row, this.badRows) : null;
    if (!user) throw new AppError('BAD_CREDENTIALS');
    this.limits.guess.reset(guesses);
    await this.users.assertActive(user.userId);
    const tokens = await this.sessions.open(user.userId, platform, () => this.confirm(user.userId, hash));
    return { user, ...tokens };
  }

  /** A login for a user that a trusted backend vouches for. @throws AppError USER_NOT_FOUND, USER_DISABLED */
  async issueTokens({ userId, platform }: AdminCreateToken): Promise<TokenPair> {
    const refusal = await this.users.findRefusal(userId);
    if (refusal !== '') throw new AppError(refusal === 'USER_DISABLED' ? refusal : 'USER_NOT_FOUND');
    return this.sessions.open(userId, platform);
  }

  /**
   * Ends every other login; this one goes on.
   * @throws AppError BAD_CREDENTIALS when the old password is wrong, or there is none; TOO_MANY_REQUESTS
   */
  async changePassword(
    { userId, sessionId }: Ctx,
    { oldPassword, newPassword }: ChangePassword,
  ): Promise<void> {
    this.limits.guess.take(userId);
    const hash = textOf((await this.repository.find(userId))?.passwordHash);
    const matches = await this.passwords.matches(hash, oldPassword);
    if (hash === undefined || !matches) throw new AppError('BAD_CREDENTIALS');
    this.limits.guess.reset(userId);
    const next = await this.passwords.hash(newPassword);
    // Before, so that a crash never leaves a login that the change should have ended; after, for those that the old
    // password has opened meanwhile.
    await this.sessions.endAll(userId, 'SESSION_REVOKED', sessionId);
    if (!(await this.repository.replacePassword(userId, hash, next))) throw new AppError('BAD_CREDENTIALS');
    await this.sessions.endAll(userId, 'SESSION_REVOKED', sessionId);
  }

  /** Ends all logins, and lets nobody log in as this user until he is enabled. @throws AppError USER_NOT_FOUND */
  async disable(userId: string): Promise<AdminUserResult> {
    const result = await this.users.setDisabled(userId, true);
    await this.sessions.endAll(userId, 'USER_DISABLED');
    return result;
  }

  /** Lets the user log in again; former logins stay ended. @throws AppError USER_NOT_FOUND */
  enable(userId: string): Promise<AdminUserResult> {
    return this.users.setDisabled(userId, false);
  }

  private async confirm(userId: string, hash: string | undefined): Promise<void> {
    const row = await this.repository.find(userId);
    const refusal = refusalOf(row);
    if (refusal !== '') throw new AppError(refusal);
    if (row?.passwordHash !== hash) throw new AppError('BAD_CREDENTIALS');
  }
}
