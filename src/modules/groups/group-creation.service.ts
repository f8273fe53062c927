import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { CreateGroup, Group } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { derivedId, newId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { Revisions } from '../../infra/revisions/revisions.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { UsersService } from '../users/index.js';
import { GroupFacts } from './group-facts.repository.js';
import { GroupRepository } from './group.repository.js';
import { assertRoom } from './group.rules.js';
import type { GroupRow } from './group.schema.js';
import { MembershipsService } from './memberships.service.js';
import { toGroup } from './to-group.js';

/** Pushes between two turns of the event loop. */
const PUSHES_PER_TURN = 500;

/** Makes groups. The group row is written last: until then nothing names the group, and a retry resumes. */
@Injectable()
export class GroupCreationService {
  constructor(
    private readonly config: AppConfig,
    private readonly users: UsersService,
    private readonly groups: GroupRepository,
    private readonly facts: GroupFacts,
    private readonly memberships: MembershipsService,
    private readonly publisher: RealtimePublisher,
    private readonly revisions: Revisions,
    private readonly badRows: BadRows,
  ) {}

  /**
   * With a `clientId`: sent again, it answers the group that there is; another content is IDEMPOTENCY_CONFLICT.
   * @throws AppError GROUP_FULL, USER_NOT_FOUND with `details.userIds`, IDEMPOTENCY_CONFLICT
   */
  async create(ctx: Ctx, input: CreateGroup): Promise<Group> {
    const ownerId = ctx.userId;
    const memberIds = [...new Set(input.memberIds)].filter((userId) => userId !== ownerId).sort();
    assertRoom(memberIds.length + 1, this.config.maxGroupMembers);
    const row = this.newRow(ownerId, input, memberIds);
    const existing = await this.findEarlier(row);
    if (existing) return existing;
    const userIds = await this.users.findMissing(memberIds);
    if (userIds.length > 0) throw new AppError('USER_NOT_FOUND', { userIds });

    // One revision around it all: no sync passes over the members' rows before the group is there.
    const inserted = await this.facts.whileMaking(row._id, () =>
      this.revisions.stamp(async (revision) => {
        await this.memberships.join(row._id, [
          { userId: ownerId, role: 'owner' },
          ...memberIds.map((userId) => ({ userId, role: 'member' as const })),
        ]);
        return this.groups.insert({ ...row, revision });
      }),
    );
    if (!inserted) return this.getEarlier(row);
    const group = this.toWire(row);
    await this.announce(ctx, group, [ownerId, ...memberIds]);
    return group;
  }

  /** The group's id follows from what was asked for: a retry finds its own half-made group, another request does not. */
  private newRow(ownerId: string, input: CreateGroup, memberIds: string[]): GroupRow {
    const { name, joinMode = 'open', clientId } = input;
    const _id =
      clientId === undefined ? newId() : derivedId('group', ownerId, clientId, name, joinMode, ...memberIds);
    const row = { _id, name, ownerId, joinMode, createdAt: Date.now() };
    return clientId === undefined ? row : { ...row, clientId };
  }

  private async findEarlier(row: GroupRow): Promise<Group | null> {
    if (row.clientId === undefined) return null;
    const earlier = await this.groups.findByClientId(row.ownerId, row.clientId);
    if (!earlier) return null;
    if (earlier._id !== row._id) throw new AppError('IDEMPOTENCY_CONFLICT');
    return this.toWire(earlier as GroupRow);
  }

  private async getEarlier(row: GroupRow): Promise<Group> {
    const group = await this.findEarlier(row);
    if (!group) throw new AppError('INTERNAL');
    return group;
  }

  private toWire(row: GroupRow): Group {
    const group = toGroup(row, this.badRows);
    if (!group) throw new AppError('INTERNAL');
    return group;
  }

  private async announce(ctx: Ctx, group: Group, memberIds: string[]): Promise<void> {
    for (const [index, userId] of memberIds.entries()) {
      if (index % PUSHES_PER_TURN === PUSHES_PER_TURN - 1) await setImmediate();
      this.publisher.toUsers([userId], 'group:joined', { group, userId }, ctx.socketId);
    }
  }
}
