import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { DomainEvents } from '../../infra/events/domain-events.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { GROUP_MEMBER_MODEL, type GroupMemberRow } from './group-member.schema.js';
import { GROUP_MODEL, type GroupRow } from './group.schema.js';
import { GroupMembersInspected } from './groups.events.js';

/** Most ids in one query. */
const CHUNK = 500;

/** Groups and members as they lie in the store, past every cache and converter: what checks of the data ask. */
@Injectable()
export class GroupFacts {
  /** All member rows, by group and user. */
  readonly memberRows: RowWalk<Stored<GroupMemberRow>>;
  private readonly inMaking = new Set<string>();

  constructor(
    @InjectModel(GROUP_MODEL) private readonly groups: Model<GroupRow>,
    @InjectModel(GROUP_MEMBER_MODEL) private readonly members: Model<GroupMemberRow>,
    private readonly events: DomainEvents,
  ) {
    this.memberRows = new RowWalk(members, { groupId: 'text', userId: 'text' });
  }

  /** A group's rows are written before the group: until it stands, they point to something that will be there. */
  async whileMaking<T>(groupId: string, make: () => Promise<T>): Promise<T> {
    this.inMaking.add(groupId);
    try {
      return await make();
    } finally {
      this.inMaking.delete(groupId);
    }
  }

  /** Runs `look` while this process changes no member of the group; sends to the group wait for it, so keep it short. */
  async undisturbed<T>(groupId: string, look: () => Promise<T>): Promise<T> {
    const seen: T[] = [];
    await this.events.within(GroupMembersInspected, {
      groupId,
      look: async () => void seen.push(await look()),
    });
    if (seen.length === 0) throw new Error(`nobody listens to ${GroupMembersInspected.name}`);
    return seen[0]!;
  }

  /** Which of these groups neither exist nor are being made here. */
  async findMissing(groupIds: readonly string[]): Promise<string[]> {
    const existing = new Set<string>();
    for (let at = 0; at < groupIds.length; at += CHUNK) {
      const found = this.groups.find({ _id: { $in: groupIds.slice(at, at + CHUNK) } }, { _id: 1 });
      for (const { _id } of await found.lean<{ _id: string }[]>().exec()) existing.add(_id);
    }
    return groupIds.filter((groupId) => !existing.has(groupId) && !this.inMaking.has(groupId));
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
