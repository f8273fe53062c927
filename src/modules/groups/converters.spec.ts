import { Group, GroupMember, type User } from '@nestim/protocol';
import { damagedVariants, ReportedRows } from '../../../test/support/damage.js';
import { toGroup } from './to-group.js';
import { toGroupMember } from './to-group-member.js';

const group = { _id: 'g1', name: 'Team', ownerId: 'ann', joinMode: 'open', createdAt: 7, clientId: 'c' };
const member = { groupId: 'g1', userId: 'bob', role: 'owner', joinedAt: 7 };
const bob: User = { userId: 'bob', nickname: 'Bob' };
const users = new Map([['bob', bob]]);
const nobody = new Map<string, User>();

describe('toGroup', () => {
  it('shows the group with its conversation', () => {
    const rows = new ReportedRows();
    expect(toGroup(group, rows)).toEqual({
      groupId: 'g1',
      conversationId: 'group:g1',
      name: 'Team',
      ownerId: 'ann',
      joinMode: 'open',
      createdAt: 7,
    });
    expect(rows.kinds).toEqual([]);
  });

  it('R2: gives a valid group or nothing for any damaged row, never throws, and reports it', () => {
    for (const row of damagedVariants(group)) {
      const rows = new ReportedRows();
      const shown = toGroup(row, rows);
      if (shown) expect(() => Group.parse(shown)).not.toThrow();
      else expect(rows.kinds).toEqual(['group_unnamed']);
    }
  });

  it.each([undefined, null, 'Open', 1])('is closed when its mode is %j', (joinMode) => {
    expect(toGroup({ ...group, joinMode }, new ReportedRows())?.joinMode).toBe('closed');
  });
});

describe('toGroupMember', () => {
  it('shows the member with the user', () => {
    const rows = new ReportedRows();
    const shown = { userId: 'bob', user: bob, role: 'owner', joinedAt: 7 };
    expect(toGroupMember(member, users, rows)).toEqual(shown);
    expect(rows.kinds).toEqual([]);
  });

  it('R1: shows a member whose user is gone as a deleted user', () => {
    const rows = new ReportedRows();
    const user = { userId: 'bob', nickname: 'Deleted user', deleted: true };
    expect(toGroupMember(member, nobody, rows)).toMatchObject({ userId: 'bob', user });
    expect(rows.kinds).toEqual(['group_member_missing_user']);
  });

  it('R2: gives a valid member or nothing for any damaged row, and never throws', () => {
    for (const known of [users, nobody]) {
      for (const row of damagedVariants(member)) {
        const rows = new ReportedRows();
        const shown = toGroupMember(row, known, rows);
        if (shown) expect(() => GroupMember.parse(shown)).not.toThrow();
        else expect(rows.kinds).toEqual(['group_member_unnamed']);
        if (shown && row.role !== 'owner') expect(shown.role).toBe('member');
      }
    }
  });
});
