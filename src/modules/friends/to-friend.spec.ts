import { Friend, type User } from '@nestim/protocol';
import { damagedVariants, ReportedRows } from '../../../test/support/damage.js';
import { friendState } from './friend.rules.js';
import { toFriend, toSingleFriend } from './to-friend.js';

const row = { ownerId: 'me', friendId: 'bob', remark: 'from work', createdAt: 7 };
const bob: User = { userId: 'bob', nickname: 'Bob', createdAt: 3 };
const users = new Map([['bob', bob]]);
const nobody = new Map<string, User>();

describe('friendState', () => {
  it.each([
    ['ok', row, users],
    ['missing-user', row, nobody],
    ['unnamed', { ...row, friendId: undefined }, users],
    ['unnamed', { ...row, friendId: 7 }, users],
    ['unnamed', { ...row, friendId: '' }, users],
  ])('%s', (state, stored, known) => {
    expect(friendState(stored, known)).toBe(state);
  });
});

describe('toFriend', () => {
  it('shows the friend with the user', () => {
    const rows = new ReportedRows();
    const shown = { userId: 'bob', user: bob, remark: 'from work', createdAt: 7 };
    expect(toFriend(row, users, rows)).toEqual(shown);
    expect(toSingleFriend(row, users, rows)).toEqual(shown);
    expect(rows.kinds).toEqual([]);
  });

  it('R1: shows a friend whose user is gone as a deleted user', () => {
    const rows = new ReportedRows();
    const user = { userId: 'bob', nickname: 'Deleted user', deleted: true };
    expect(toFriend(row, nobody, rows)).toMatchObject({ userId: 'bob', user });
    expect(rows.kinds).toEqual(['friend_missing_user']);
  });

  it('R2: gives a valid friend or nothing for any damaged row, and never throws', () => {
    for (const known of [users, nobody]) {
      for (const damaged of damagedVariants(row)) {
        const rows = new ReportedRows();
        const shown = toFriend(damaged, known, rows);
        if (shown) expect(() => Friend.parse(shown)).not.toThrow();
        else expect(rows.kinds).toEqual(['friend_unnamed']);
      }
    }
  });

  it('R3: answers a typed error when such a record is asked for by itself', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_FRIEND_RECORD', status: 409 });
    expect(() => toSingleFriend(row, nobody, new ReportedRows())).toThrow(invalid);
    for (const damaged of damagedVariants(row)) {
      if (friendState(damaged, users) === 'ok') continue;
      expect(() => toSingleFriend(damaged, users, new ReportedRows())).toThrow(invalid);
    }
  });
});
