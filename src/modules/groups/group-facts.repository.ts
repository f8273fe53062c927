import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { GROUP_MEMBER_MODEL, type GroupMemberRow } from './group-member.schema.js';
import { GROUP_MODEL, type GroupRow } from './group.schema.js';

/** Most ids in one query. */
const CHUNK = 500;

/** Groups and members as they lie in the store, past every cache and converter: what checks of the data ask. */
@Injectable()
export class GroupFacts {
  /** All member rows, by group and user. */
  readonly memberRows: RowWalk<Stored<GroupMemberRow>>;

  constructor(
    @InjectModel(GROUP_MODEL) private readonly groups: Model<GroupRow>,
    @InjectModel(GROUP_MEMBER_MODEL) private readonly members: Model<GroupMemberRow>,
  ) {
    this.memberRows = new RowWalk(members, { groupId: 'text', userId: 'text' });
  }

  /** Which of these groups do not exist. */
  async findMissing(groupIds: readonly string[]): Promise<string[]> {
    const existing = new Set<string>();
    for (let at = 0; at < groupIds.length; at += CHUNK) {
      const found = this.groups.find({ _id: { $in: groupIds.slice(at, at + CHUNK) } }, { _id: 1 });
      for (const { _id } of await found.lean<{ _id: string }[]>().exec()) existing.add(_id);
    }
    return groupIds.filter((groupId) => !existing.has(groupId));
  }

  /** Which of these users are members of the group. */
  async findMembers(groupId: string, userIds: readonly string[]): Promise<Set<string>> {
    const present = new Set<string>();
    for (let at = 0; at < userIds.length; at += CHUNK) {
      const filter = { groupId, userId: { $in: userIds.slice(at, at + CHUNK) } };
      const found = this.members.find(filter, { _id: 0, userId: 1 });
      for (const { userId } of await found.lean<{ userId: string }[]>().exec()) present.add(userId);
    }
    return present;
  }
}
