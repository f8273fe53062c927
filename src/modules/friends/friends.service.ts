import { Injectable } from '@nestjs/common';
import type { Friend, FriendList, PageQuery } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { cutPage, decodeCursor, DEFAULT_PAGE } from '../../common/paging.js';
import { SharedQuery } from '../../common/shared-query.js';
import { textOf } from '../../common/stored.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { UsersService } from '../users/index.js';
import { FriendRepository } from './friend.repository.js';
import { toFriend, toSingleFriend } from './to-friend.js';

@Injectable()
export class FriendsService {
  /** Whether an owner may have made friends since then: most have not, and ask in common. */
  private readonly madeNew = new SharedQuery((asked: { ownerId: string; since: number }[]) =>
    this.findMadeNew(asked),
  );

  constructor(
    private readonly friends: FriendRepository,
    private readonly users: UsersService,
    private readonly badRows: BadRows,
  ) {}

  /** By userId. A page may hold fewer entries than asked for (bad rows are left out) and still have a next one. */
  async list(ctx: Ctx, { cursor, limit = DEFAULT_PAGE }: PageQuery): Promise<FriendList> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await this.friends.list(ctx.userId, after, limit + 1);
    const { page, nextCursor } = cutPage(rows, limit, (row) => row.friendId);
    const users = await this.users.getMany(page.flatMap((row) => textOf(row.friendId) ?? []));
    return { friends: page.flatMap((row) => toFriend(row, users, this.badRows) ?? []), nextCursor };
  }

  /** Those made after `since` (epoch ms; 0: all), in the order of userId behind `after`. */
  async listChanged(
    ctx: Ctx,
    since: number,
    after: string,
    limit: number,
  ): Promise<{ friends: Friend[]; nextAfter: string | null }> {
    if (since > 0 && !(await this.madeNew.ask({ ownerId: ctx.userId, since })))
      return { friends: [], nextAfter: null };
    const rows = await this.friends.listMadeAfter(ctx.userId, since, after === '' ? undefined : after, limit);
    const users = await this.users.getMany(rows.flatMap((row) => textOf(row.friendId) ?? []));
    const friends = rows.flatMap((row) => toFriend(row, users, this.badRows) ?? []);
    const last = rows.map((row) => textOf(row.friendId)).findLast((id) => id !== undefined);
    return { friends, nextAfter: rows.length < limit ? null : (last ?? null) };
  }

  private async findMadeNew(asked: { ownerId: string; since: number }[]): Promise<boolean[]> {
    const oldest = Math.min(...asked.map(({ since }) => since));
    const found = await this.friends.listOwnersWithNew(
      [...new Set(asked.map(({ ownerId }) => ownerId))],
      oldest,
    );
    const owners = new Set(found);
    return asked.map(({ ownerId }) => owners.has(ownerId));
  }

  /** @throws AppError USER_NOT_FOUND when they are no friends, INVALID_FRIEND_RECORD when the friend is gone. */
  async get(ctx: Ctx, userId: string): Promise<Friend> {
    const row = await this.friends.find(ctx.userId, userId);
    if (!row) throw new AppError('USER_NOT_FOUND');
    return toSingleFriend(row, await this.users.getMany([userId]), this.badRows);
  }
}
