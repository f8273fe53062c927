import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type Stored } from '../../common/stored.js';
import { isOnlyDuplicates } from '../../infra/mongo/duplicate-key.js';
import { GROUP_MEMBER_MODEL, type GroupMemberRow } from './group-member.schema.js';

/** Most rows in one write. */
const CHUNK = 500;

export type NewMember = Pick<GroupMemberRow, 'userId' | 'role'>;

@Injectable()
export class GroupMemberRepository {
  constructor(@InjectModel(GROUP_MEMBER_MODEL) private readonly members: Model<GroupMemberRow>) {}

  find(groupId: string, userId: string): Promise<Stored<GroupMemberRow> | null> {
    return this.members.findOne({ groupId, userId }).lean<Stored<GroupMemberRow>>().exec();
  }

  /**
   * Idempotent and resumable: who is a member already keeps the row he has. Written in chunks, so a crash leaves
   * some of the rows, and the same call again adds the rest.
   */
  async add(groupId: string, members: NewMember[], joinedAt: number): Promise<void> {
    for (let at = 0; at < members.length; at += CHUNK) {
      const upserts = members.slice(at, at + CHUNK).map(({ userId, role }) => ({
        updateOne: {
          filter: { groupId, userId },
          update: { $setOnInsert: { role, joinedAt } },
          upsert: true,
        },
      }));
      try {
        await this.members.collection.bulkWrite(upserts, { ordered: false });
      } catch (error) {
        // Another process upserted the same member at the same moment.
        if (!isOnlyDuplicates(error)) throw error;
      }
    }
  }

  async remove(groupId: string, userId: string): Promise<void> {
    await this.members.deleteOne({ groupId, userId });
  }

  /** Answered from the index alone, which a limit would prevent. */
  count(groupId: string): Promise<number> {
    return this.members.countDocuments({ groupId }).exec();
  }

  /** In the order of userId, after `after`. The first page also has the rows that lack a userId. */
  list(groupId: string, after: string | undefined, limit: number): Promise<Stored<GroupMemberRow>[]> {
    return this.members
      .find({ groupId, ...(after !== undefined && { userId: { $gt: after } }) })
      .sort({ groupId: 1, userId: 1 })
      .limit(limit)
      .lean<Stored<GroupMemberRow>[]>()
      .exec();
  }
}
