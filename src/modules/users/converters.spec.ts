import { Session, User } from '@nestim/protocol';
import { damagedVariants, ReportedRows } from '../../../test/support/damage.js';
import { toSession } from './to-session.js';
import { toUser } from './to-user.js';

const user = {
  _id: 'u1',
  username: 'Ann',
  usernameKey: 'ann',
  nickname: 'Ann',
  passwordHash: 'h',
  createdAt: 7,
};
const session = { _id: 's1', userId: 'u1', platform: 'web', createdAt: 7, expiresAt: 9, refreshHash: 'h' };

describe('toUser', () => {
  it('shows what others may see', () => {
    const rows = new ReportedRows();
    expect(toUser(user, rows)).toEqual({ userId: 'u1', username: 'Ann', nickname: 'Ann', createdAt: 7 });
    expect(rows.kinds).toEqual([]);
  });

  it('R2: gives a valid user or nothing for any damaged row, and never throws', () => {
    for (const row of damagedVariants(user)) {
      const rows = new ReportedRows();
      const shown = toUser(row, rows);
      if (shown) expect(() => User.parse(shown)).not.toThrow();
      else expect(rows.kinds).toEqual(['user_unnamed']);
      expect(JSON.stringify(shown)).not.toContain('passwordHash');
    }
  });

  it('R7: reports a user without a nickname, and falls back to the other names', () => {
    const rows = new ReportedRows();
    expect(toUser({ ...user, nickname: undefined }, rows)?.nickname).toBe('Ann');
    expect(toUser({ _id: 'u1', createdAt: 7 }, rows)?.nickname).toBe('u1');
    expect(rows.kinds).toEqual(['user_incomplete', 'user_incomplete']);
  });
});

describe('toSession', () => {
  it('marks the one that asks', () => {
    const rows = new ReportedRows();
    const shown = { sessionId: 's1', platform: 'web', createdAt: 7, expiresAt: 9 };
    expect(toSession(session, 's1', rows)).toEqual({ ...shown, current: true });
    expect(toSession(session, 's2', rows)).toEqual({ ...shown, current: false });
    expect(rows.kinds).toEqual([]);
  });

  it('R2: gives a valid session or nothing for any damaged row, and never throws', () => {
    for (const row of damagedVariants(session)) {
      const shown = toSession(row, 's1', new ReportedRows());
      if (shown) expect(() => Session.parse(shown)).not.toThrow();
      else expect(typeof row._id === 'string' && row._id !== '').toBe(false);
    }
  });
});
