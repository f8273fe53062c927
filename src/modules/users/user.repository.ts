import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { isDuplicateKey } from '../../infra/mongo/duplicate-key.js';
import { USER_MODEL, type UserRow } from './user.schema.js';

/** Most ids in one query. */
const CHUNK = 500;

@Injectable()
export class UserRepository {
  constructor(@InjectModel(USER_MODEL) private readonly users: Model<UserRow>) {}

  /**
   * Unique by index: under any concurrency exactly one insert of an id, or of a name, succeeds.
   * @returns false, and nothing is written, when the id or the name is taken
   */
  async insert(user: UserRow): Promise<boolean> {
    try {
      await this.users.create(user);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  find(userId: string): Promise<Stored<UserRow> | null> {
    return this.users.findById(userId).lean<Stored<UserRow>>().exec();
  }

  findByUsername(username: string): Promise<Stored<UserRow> | null> {
    return this.users.findOne({ usernameKey: username.toLowerCase() }).lean<Stored<UserRow>>().exec();
  }

  /** @returns false, and nothing is changed, when `currentHash` is no longer the one: of concurrent calls one wins. */
  async replacePassword(userId: string, currentHash: string, nextHash: string): Promise<boolean> {
    const { modifiedCount } = await this.users.updateOne(
      { _id: userId, passwordHash: currentHash },
      { $set: { passwordHash: nextHash } },
    );
    return modifiedCount === 1;
  }

  /** Doing it again changes nothing. @returns the user as it is now, null when there is none */
  setDisabled(userId: string, disabled: boolean, now: number): Promise<Stored<UserRow> | null> {
    const change = disabled ? { $min: { disabledAt: now } } : { $unset: { disabledAt: 1 } };
    return this.users
      .findByIdAndUpdate(userId, change, { returnDocument: 'after' })
      .lean<Stored<UserRow>>()
      .exec();
  }

  /** Those that exist, in no particular order; never the password hashes. */
  async findMany(userIds: string[]): Promise<Stored<UserRow>[]> {
    const rows: Stored<UserRow>[] = [];
    for (let at = 0; at < userIds.length; at += CHUNK) {
      const ids = userIds.slice(at, at + CHUNK);
      const found = this.users.find({ _id: { $in: ids } }, { passwordHash: 0 });
      rows.push(...(await found.lean<Stored<UserRow>[]>().exec()));
    }
    return rows;
  }

  async findExistingIds(userIds: string[]): Promise<Set<string>> {
    const ids = new Set<string>();
    for (let at = 0; at < userIds.length; at += CHUNK) {
      const found = this.users.find({ _id: { $in: userIds.slice(at, at + CHUNK) } }, { _id: 1 });
      for (const { _id } of await found.lean<{ _id: string }[]>().exec()) ids.add(_id);
    }
    return ids;
  }
}
