import type { Group, User } from '@nestim/protocol';
import { forEach } from '../wire/for-each.js';
import type { Rest } from '../wire/rest.js';
import type { Member } from './crowd.js';
import type { Talker } from './talkers.js';

const TALKERS = 20;
const MADE_AT_ONCE = 16;

/** Those who go on talking, each with a group of his own, and those who are cut off, each a member of one group. */
export interface Cast {
  talkers: Talker[];
  members: Member[];
}

/** Makes the users and groups of a storm with so many clients. */
export async function makeCast(rest: Rest, adminToken: string, clients: number): Promise<Cast> {
  const owners = await makeUsers(rest, adminToken, TALKERS);
  const users = await makeUsers(rest, adminToken, clients);
  const talkers: Talker[] = [];
  const members: Member[] = [];
  for (const [place, owner] of owners.entries()) {
    const own = users.filter((_, index) => index % TALKERS === place);
    const memberIds = own.map(({ userId }) => userId);
    const { group } = await rest.post<{ group: Group }>(owner.token, '/groups', { name: 'storm', memberIds });
    const { groupId, conversationId } = group;
    talkers.push({ ...owner, groupId });
    members.push(...own.map(({ token }) => ({ token, groupId, conversationId })));
  }
  return { talkers, members };
}

interface StormUser {
  userId: string;
  token: string;
}

async function makeUsers(rest: Rest, adminToken: string, count: number): Promise<StormUser[]> {
  const users: StormUser[] = [];
  await forEach(Array(count).keys(), MADE_AT_ONCE, async () => {
    const { user } = await rest.post<{ user: User }>(adminToken, '/admin/users', { nickname: 'storm' });
    const { userId } = user;
    const { accessToken } = await rest.post<{ accessToken: string }>(adminToken, '/admin/tokens', { userId });
    users.push({ userId, token: accessToken });
  });
  return users;
}
