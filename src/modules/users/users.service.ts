import { Injectable } from '@nestjs/common';
import type { AdminCreateUser, AdminUserResult, User } from '@nestim/protocol';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../common/app-error.js';
import { BatchedLookup } from '../../common/batched-lookup.js';
import { newId } from '../../common/ids.js';
import type { Stored } from '../../common/stored.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { toUser } from './to-user.js';
import { refusalOf, type UserRefusal } from './user.rules.js';
import { UserRepository } from './user.repository.js';
import type { UserRow } from './user.schema.js';

const KNOWN_USERS = { max: 200_000, ttl: 10_000 };

/** Who there is. */
@Injectable()
export class UsersService {
  /** Users that were there a moment ago; absence is never remembered. */
  private readonly known = new LRUCache<string, true>(KNOWN_USERS);
  private readonly lookUps = new Map<string, Promise<boolean>>();
  private readonly rows = new BatchedLookup((userIds) => this.readRows(userIds));

  constructor(
    private readonly users: UserRepository,
    private readonly badRows: BadRows,
  ) {}

  /** @throws AppError USER_NOT_FOUND */
  async get(userId: string): Promise<User> {
    const row = await this.users.find(userId);
    const user = row && toUser(row, this.badRows);
    if (!user) throw new AppError('USER_NOT_FOUND');
    return user;
  }

  /** @throws AppError USER_EXISTS when the userId is taken. */
  async create({ userId, nickname }: AdminCreateUser): Promise<User> {
    const row = { _id: userId ?? newId(), nickname, createdAt: Date.now() };
    if (!(await this.users.insert(row))) throw new AppError('USER_EXISTS');
    return { userId: row._id, nickname, createdAt: row.createdAt };
  }

  /** Why nobody may act as this user, or '' when one may; read from the store. */
  async findRefusal(userId: string): Promise<UserRefusal | ''> {
    return refusalOf((await this.rows.get(userId)) ?? null);
  }

  /** @throws AppError UNAUTHENTICATED when there is no such user, USER_DISABLED */
  async assertActive(userId: string): Promise<void> {
    const refusal = await this.findRefusal(userId);
    if (refusal !== '') throw new AppError(refusal);
  }

  /** @throws AppError USER_NOT_FOUND */
  async setDisabled(userId: string, disabled: boolean): Promise<AdminUserResult> {
    const row = await this.users.setDisabled(userId, disabled, Date.now());
    const user = row && toUser(row, this.badRows);
    if (!user) throw new AppError('USER_NOT_FOUND');
    return { user, disabled };
  }

  /** Those that exist; a missing one is absent and shown as `deletedUser(userId)`. */
  async getMany(userIds: Iterable<string>): Promise<Map<string, User>> {
    const rows = await this.rows.getMany(userIds);
    const found = new Map<string, User>();
    for (const row of rows) {
      const user = toUser(row, this.badRows);
      if (user) found.set(user.userId, user);
    }
    return found;
  }

  /**
   * Cheap enough for every message: a yes is remembered for some seconds. Calls under way share one look-up, so
   * that they go on in the order in which they came.
   */
  async exists(userId: string): Promise<boolean> {
    if (this.known.has(userId)) return true;
    return this.lookUps.get(userId) ?? this.lookUp(userId);
  }

  /** Whether this user is remembered to exist; false says nothing. */
  isKnown(userId: string): boolean {
    return this.known.has(userId);
  }

  private lookUp(userId: string): Promise<boolean> {
    const found = this.rows
      .get(userId)
      .then((row) => {
        if (row) this.known.set(userId, true);
        return row !== undefined;
      })
      .finally(() => this.lookUps.delete(userId));
    this.lookUps.set(userId, found);
    return found;
  }

  private async readRows(userIds: string[]): Promise<Map<string, Stored<UserRow>>> {
    return new Map((await this.users.findMany(userIds)).map((row) => [String(row._id), row]));
  }

  /** Which of these do not exist, read from the store. */
  async findMissing(userIds: string[]): Promise<string[]> {
    const existing = await this.users.findExistingIds(userIds);
    return userIds.filter((userId) => !existing.has(userId));
  }
}
