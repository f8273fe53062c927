import { Injectable } from '@nestjs/common';
import {
  type Group,
  groupConversationId,
  type GroupMemberList,
  type GroupRole,
  type JoinResult,
  type LeaveResult,
  type PageQuery,
} from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { BatchedLookup } from '../../common/batched-lookup.js';
import type { Ctx } from '../../common/ctx.js';
import { cutPage, decodeCursor, DEFAULT_PAGE } from '../../common/paging.js';
import { SharedQuery } from '../../common/shared-query.js';
import { intOf, type Stored, textOf } from '../../common/stored.js';
import { AppConfig } from '../../config/app-config.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { UsersService } from '../users/index.js';
import { GroupMemberRepository } from './group-member.repository.js';
import { GroupRepository } from './group.repository.js';
import { assertMayLeave, assertOpen, assertRoom } from './group.rules.js';
import type { GroupRow } from './group.schema.js';
import { MembershipsService } from './memberships.service.js';
import { toGroup } from './to-group.js';
import { toGroupMember } from './to-group-member.js';

interface Changed {
  readonly groupIds: string[];
  readonly since: number;
}

@Injectable()
export class GroupsService {
  private readonly rows = new BatchedLookup(async (groupIds) => byId(await this.groups.findMany(groupIds)));
  private readonly changed = new SharedQuery(
    (asked: Changed[]) => this.readChanged(asked),
    ({ groupIds }) => groupIds.length,
  );

  constructor(
    private readonly config: AppConfig,
    private readonly users: UsersService,
    private readonly groups: GroupRepository,
    private readonly members: GroupMemberRepository,
    private readonly memberships: MembershipsService,
    private readonly publisher: RealtimePublisher,
    private readonly badRows: BadRows,
  ) {}

  /** @throws AppError GROUP_NOT_FOUND, the same for an unknown group and for one of others. */
  async get(ctx: Ctx, groupId: string): Promise<Group> {
    if ((await this.findRole(groupId, ctx.userId)) === null) throw new AppError('GROUP_NOT_FOUND');
    return (await this.load(groupId)).group;
  }

  /** By userId. A page may hold fewer entries than asked for (bad rows are left out) and still have a next one. */
  async listMembers(ctx: Ctx, groupId: string, query: PageQuery): Promise<GroupMemberList> {
    const { cursor, limit = DEFAULT_PAGE } = query;
    if ((await this.findRole(groupId, ctx.userId)) === null) throw new AppError('GROUP_NOT_FOUND');
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await this.members.list(groupId, after, limit + 1);
    const { page, nextCursor } = cutPage(rows, limit, (row) => row.userId);
    const users = await this.users.getMany(page.flatMap((row) => textOf(row.userId) ?? []));
    return { members: page.flatMap((row) => toGroupMember(row, users, this.badRows) ?? []), nextCursor };
  }

  /** Joining again answers the same `joinSeq`. @throws AppError GROUP_NOT_FOUND, GROUP_NOT_OPEN, GROUP_FULL */
  async join(ctx: Ctx, groupId: string): Promise<JoinResult> {
    const { userId } = ctx;
    const [{ group, abandoned }, present, members] = await Promise.all([
      this.load(groupId),
      this.members.find(groupId, userId),
      this.members.count(groupId),
    ]);
    if (!present) {
      assertOpen(group, abandoned);
      // Joins that race may pass the limit by as many as there are.
      assertRoom(members + 1, this.config.maxGroupMembers);
    }
    const joinSeq = await this.memberships.join(groupId, [{ userId, role: 'member' }]);
    if (!present) this.publisher.toUsers([userId], 'group:joined', { group, userId }, ctx.socketId);
    return { group, joinSeq };
  }

  /** Leaving again answers the same `leftSeq`. @throws AppError GROUP_NOT_FOUND, OWNER_CANNOT_LEAVE */
  async leave(ctx: Ctx, groupId: string): Promise<LeaveResult> {
    const { userId } = ctx;
    const role = await this.findRole(groupId, userId);
    if (role === null) await this.load(groupId);
    if (role === 'owner') {
      assertMayLeave(role, await this.members.count(groupId));
      // Who joined it now would be in a group without an owner.
      await this.groups.abandon(groupId);
    }
    const leftSeq = await this.memberships.leave(groupId, userId);
    const conversationId = groupConversationId(groupId);
    if (role !== null) {
      const left = { groupId, conversationId, userId };
      this.publisher.toUsers([userId], 'group:left', left, ctx.socketId);
    }
    return { leftSeq };
  }

  /** Whether this is remembered to be a member; false says nothing. */
  isKnownMember(groupId: string, userId: string): boolean {
    return this.memberships.isKnownMember(groupId, userId);
  }

  /** Cheap enough for every message. */
  findRole(groupId: string, userId: string): Promise<GroupRole | null> {
    return this.memberships.findRole(groupId, userId);
  }

  /** Those that exist, by groupId; a missing one is absent. */
  async findMany(groupIds: Iterable<string>): Promise<Map<string, Group>> {
    const rows = await this.rows.getMany(groupIds);
    const groups = rows.flatMap((row) => toGroup(row, this.badRows) ?? []);
    return new Map(groups.map((group) => [group.groupId, group]));
  }

  /** Those of them that changed after the revision `since` (0: all). */
  async listChanged(groupIds: string[], since: number): Promise<Group[]> {
    if (groupIds.length === 0) return [];
    const rows = await this.changed.ask({ groupIds, since });
    return rows.flatMap((row) => toGroup(row, this.badRows) ?? []);
  }

  private async readChanged(asked: Changed[]): Promise<Stored<GroupRow>[][]> {
    const groupIds = new Set(asked.flatMap((each) => each.groupIds));
    const oldest = Math.min(...asked.map(({ since }) => since));
    const rows = byId(await this.groups.findMany([...groupIds], oldest));
    return asked.map(({ groupIds, since }) =>
      groupIds
        .flatMap((groupId) => rows.get(groupId) ?? [])
        .filter(({ revision }) => since === 0 || (intOf(revision) ?? 0) > since),
    );
  }

  private async load(groupId: string): Promise<{ group: Group; abandoned: boolean }> {
    const row = await this.groups.find(groupId);
    const group = row && toGroup(row, this.badRows);
    if (!group) throw new AppError('GROUP_NOT_FOUND');
    return { group, abandoned: row.abandoned === true };
  }
}

const byId = (rows: Stored<GroupRow>[]): Map<string, Stored<GroupRow>> =>
  new Map(rows.map((row) => [String(row._id), row]));
