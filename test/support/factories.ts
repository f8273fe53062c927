import type { AuthResult, Group, Handshake, Platform, User } from '@nestim/protocol';
import { type Api, api } from './api.js';
import { type Client, connect } from './client.js';
import type { ServerProcess } from './server-process.js';

/** What the factories need of a server. */
export type Host = Pick<ServerProcess, 'url' | 'adminToken'>;

/** A user with a login of his own. */
export interface Person {
  readonly userId: string;
  readonly user: User;
  readonly token: string;
  /** REST calls as this user. */
  readonly api: Api;
  /** Connects one more device of this login. */
  connect(handshake?: Omit<Handshake, 'token'>): Promise<Client>;
}

const person = (host: Host, user: User, token: string): Person => ({
  userId: user.userId,
  user,
  token,
  api: api(host.url, token),
  connect: (handshake) => connect(host.url, token, handshake),
});

/** REST calls with the admin token. */
export const admin = (host: Host): Api => api(host.url, host.adminToken);

/** A user made through the admin API (no password, so no time goes into hashing). */
export async function aUser(host: Host, nickname = 'someone', userId?: string): Promise<Person> {
  const { user } = await admin(host).post<{ user: User }>('/admin/users', {
    nickname,
    ...(userId !== undefined && { userId }),
  });
  return person(host, user, await aToken(host, user.userId));
}

/** One more login of a user. */
export async function aToken(host: Host, userId: string, platform?: Platform): Promise<string> {
  const body = { userId, ...(platform && { platform }) };
  return (await admin(host).post<{ accessToken: string }>('/admin/tokens', body)).accessToken;
}

/** A user who registers himself, as people do. */
export async function register(
  host: Host,
  username: string,
  password = 'correct horse battery',
): Promise<Person & AuthResult> {
  const result = await api(host.url).post<AuthResult>('/auth/register', { username, password });
  return { ...result, ...person(host, result.user, result.accessToken) };
}

/** A group that anyone may join, with these members beside its owner. */
export async function aGroup(
  owner: Person,
  members: { userId: string }[] = [],
  name = 'a group',
): Promise<Group> {
  const { group } = await owner.api.post<{ group: Group }>('/groups', {
    name,
    memberIds: members.map(({ userId }) => userId),
    joinMode: 'open',
  });
  return group;
}
