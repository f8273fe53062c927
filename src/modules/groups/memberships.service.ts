import { Injectable } from '@nestjs/common';
import type { GroupRole } from '@nestim/protocol';
import { LookupCache } from '../../common/lookup-cache.js';
import { AppConfig } from '../../config/app-config.js';
import { DomainEvents } from '../../infra/events/domain-events.js';
import { GroupMemberRepository, type NewMember } from './group-member.repository.js';
import { GroupMembersChanging } from './groups.events.js';
import { toRole } from './to-group-member.js';

const MAX_CACHED = 200_000;
const roleKey = (groupId: string, userId: string): string => `${groupId} ${userId}`;

/** Who is in which group. Every change goes through the write order of the group's conversation. */
@Injectable()
export class MembershipsService {
  private readonly roles: LookupCache<GroupRole | 'none'>;

  constructor(
    config: AppConfig,
    private readonly members: GroupMemberRepository,
    private readonly events: DomainEvents,
  ) {
    this.roles = new LookupCache({ max: MAX_CACHED, ttlMs: config.cacheTtlMs });
  }

  /** Whether this is remembered to be a member; false says nothing. */
  isKnownMember(groupId: string, userId: string): boolean {
    return (this.roles.known(roleKey(groupId, userId)) ?? 'none') !== 'none';
  }

  /** Cheap enough for every message; exact for changes by this process, somewhat late for those by others. */
  async findRole(groupId: string, userId: string): Promise<GroupRole | null> {
    const role = await this.roles.get(roleKey(groupId, userId), async () => {
      const row = await this.members.find(groupId, userId);
      return row ? toRole(row.role) : 'none';
    });
    return role === 'none' ? null : role;
  }

  /** @returns the seq at which the first one's window opened. Joining again changes nothing. */
  join(groupId: string, members: NewMember[]): Promise<number> {
    const joined = members.map((member) => member.userId);
    return this.change(groupId, joined, [], () => this.members.add(groupId, members, Date.now()));
  }

  /** @returns the seq at which the window closed. Leaving again changes nothing. */
  leave(groupId: string, userId: string): Promise<number> {
    return this.change(groupId, [], [userId], () => this.members.remove(groupId, userId));
  }

  private async change(
    groupId: string,
    joined: string[],
    left: string[],
    write: () => Promise<void>,
  ): Promise<number> {
    const commit = async (): Promise<void> => {
      try {
        await write();
      } finally {
        for (const userId of [...joined, ...left]) this.roles.drop(roleKey(groupId, userId));
      }
    };
    const [seq] = await this.events.within(GroupMembersChanging, { groupId, joined, left, commit });
    if (seq === undefined) throw new Error(`nobody listens to ${GroupMembersChanging.name}`);
    return seq;
  }
}
