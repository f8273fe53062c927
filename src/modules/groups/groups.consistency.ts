import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { Consistency, danglingAmong, type Defect, RowRule } from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { UsersService } from '../users/index.js';
import { GroupFacts } from './group-facts.repository.js';
import type { GroupMemberRow } from './group-member.schema.js';
import { GROUP_MODEL, type GroupRow } from './group.schema.js';

type Group = Stored<GroupRow>;
type Member = Stored<GroupMemberRow>;

@Injectable()
@Consistency()
export class GroupConsistency extends RowRule<Group> {
  readonly kinds = { group_without_owner: 'A group whose owner does not exist.' };
  protected readonly rows: RowWalk<Group>;

  constructor(
    @InjectModel(GROUP_MODEL) groups: Model<GroupRow>,
    private readonly users: UsersService,
  ) {
    super();
    this.rows = new RowWalk(groups, { _id: 'text' }, ['ownerId']);
  }

  protected async inspect(rows: Group[]): Promise<Defect<Group>[]> {
    const isGone = await danglingAmong(
      rows.map((row) => row.ownerId),
      (ids) => this.users.findMissing(ids),
    );
    return rows.filter((row) => isGone(row.ownerId)).map((row) => ({ kind: 'group_without_owner', row }));
  }
}

@Injectable()
@Consistency()
export class GroupMemberConsistency extends RowRule<Member> {
  readonly kinds = {
    member_without_user: 'A member of a group who does not exist as a user.',
    member_without_group: 'A member of a group that does not exist.',
  };
  protected readonly rows: RowWalk<Member>;

  constructor(
    private readonly facts: GroupFacts,
    private readonly users: UsersService,
  ) {
    super();
    this.rows = facts.memberRows;
  }

  protected async inspect(rows: Member[]): Promise<Defect<Member>[]> {
    const userIds = rows.map((row) => row.userId);
    const groupIds = rows.map((row) => row.groupId);
    const isNoUser = await danglingAmong(userIds, (ids) => this.users.findMissing(ids));
    const isNoGroup = await danglingAmong(groupIds, (ids) => this.facts.findMissing(ids));
    return [
      ...rows.filter((row) => isNoUser(row.userId)).map((row) => ({ kind: 'member_without_user', row })),
      ...rows.filter((row) => isNoGroup(row.groupId)).map((row) => ({ kind: 'member_without_group', row })),
    ];
  }
}
