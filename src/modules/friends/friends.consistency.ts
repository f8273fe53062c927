import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { Consistency, danglingAmong, type Defect, RowRule } from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { UsersService } from '../users/index.js';
import { FRIEND_MODEL, type FriendRow } from './friend.schema.js';

type Row = Stored<FriendRow>;

@Injectable()
@Consistency()
export class FriendConsistency extends RowRule<Row> {
  readonly kinds = { friend_without_user: 'A friend record one of whose two users does not exist.' };
  protected readonly rows: RowWalk<Row>;

  constructor(
    @InjectModel(FRIEND_MODEL) friends: Model<FriendRow>,
    private readonly users: UsersService,
  ) {
    super();
    this.rows = new RowWalk(friends, { ownerId: 'text', friendId: 'text' });
  }

  protected async inspect(rows: Row[]): Promise<Defect<Row>[]> {
    const isGone = await danglingAmong(
      rows.flatMap((row) => [row.ownerId, row.friendId]),
      (ids) => this.users.findMissing(ids),
    );
    return rows
      .filter((row) => isGone(row.ownerId) || isGone(row.friendId))
      .map((row) => ({ kind: 'friend_without_user', row }));
  }
}
