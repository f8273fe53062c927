import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { FRIEND_MODEL, type FriendRow } from './friend.schema.js';

@Injectable()
export class FriendRepository {
  constructor(@InjectModel(FRIEND_MODEL) private readonly friends: Model<FriendRow>) {}

  find(ownerId: string, friendId: string): Promise<Stored<FriendRow> | null> {
    return this.friends.findOne({ ownerId, friendId }).lean<Stored<FriendRow>>().exec();
  }

  /** As {@link list}, of those made after `since` (epoch ms; 0: all). */
  listMadeAfter(
    ownerId: string,
    since: number,
    after: string | undefined,
    limit: number,
  ): Promise<Stored<FriendRow>[]> {
    return this.friends
      .find({
        ownerId,
        ...(after !== undefined && { friendId: { $gt: after } }),
        ...(since > 0 && { createdAt: { $gt: since } }),
      })
      .sort({ ownerId: 1, friendId: 1 })
      .limit(limit)
      .lean<Stored<FriendRow>[]>()
      .exec();
  }

  /** Those of the owners who have made a friend after `since` (epoch ms). */
  async listOwnersWithNew(ownerIds: string[], since: number): Promise<string[]> {
    return this.friends.distinct('ownerId', { ownerId: { $in: ownerIds }, createdAt: { $gt: since } });
  }

  /** In the order of friendId, after `after`. The first page also has the rows that lack a friendId. */
  list(ownerId: string, after: string | undefined, limit: number): Promise<Stored<FriendRow>[]> {
    return this.friends
      .find({ ownerId, ...(after !== undefined && { friendId: { $gt: after } }) })
      .sort({ ownerId: 1, friendId: 1 })
      .limit(limit)
      .lean<Stored<FriendRow>[]>()
      .exec();
  }
}
