import { Injectable } from '@nestjs/common';
import type { AdminCreateToken, AuthResult, Login, Register, TokenPair } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { newId } from '../../common/ids.js';
import { textOf } from '../../common/stored.js';
import { AppConfig } from '../../config/app-config.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { PasswordHasher } from './password-hasher.js';
import { SessionsService } from './sessions.service.js';
import { toUser } from './to-user.js';
import { UserRepository } from './user.repository.js';
import { UsersService } from './users.service.js';

/** Registration and login. */
@Injectable()
export class AuthService {
  constructor(
    private readonly config: AppConfig,
    private readonly repository: UserRepository,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordHasher,
    private readonly badRows: BadRows,
  ) {}

  /** @throws AppError REGISTRATION_CLOSED, USERNAME_TAKEN, TOO_MANY_REQUESTS */
  async register({ username, password, nickname = username, platform }: Register): Promise<AuthResult> {
    if (!this.config.openRegistration) throw new AppError('REGISTRATION_CLOSED');
    // Spares the hashing; the index decides.
    if (await this.repository.findByUsername(username)) throw new AppError('USERNAME_TAKEN');
    const passwordHash = await this.passwords.hash(password);
    const [userId, createdAt, usernameKey] = [newId(), Date.now(), username.toLowerCase()];
    const row = { _id: userId, username, usernameKey, nickname, passwordHash, createdAt };
    if (!(await this.repository.insert(row))) throw new AppError('USERNAME_TAKEN');
    const tokens = await this.sessions.open(userId, platform);
    return { user: { userId, username, nickname, createdAt }, ...tokens };
  }

  /** @throws AppError BAD_CREDENTIALS, after the same time for a wrong name as for a wrong password; TOO_MANY_REQUESTS */
  async login({ username, password, platform }: Login): Promise<AuthResult> {
    const row = await this.repository.findByUsername(username);
    const matches = await this.passwords.matches(textOf(row?.passwordHash), password);
    const user = row && matches ? toUser(row, this.badRows) : null;
    if (!user) throw new AppError('BAD_CREDENTIALS');
    return { user, ...(await this.sessions.open(user.userId, platform)) };
  }

  /** A login for a user that a trusted backend vouches for. @throws AppError USER_NOT_FOUND */
  async issueTokens({ userId, platform }: AdminCreateToken): Promise<TokenPair> {
    if ((await this.users.findMissing([userId])).length > 0) throw new AppError('USER_NOT_FOUND');
    return this.sessions.open(userId, platform);
  }
}
