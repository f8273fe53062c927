import type { Group, User } from '@nestim/protocol';
import { ImConnection } from '../wire/im-connection.js';
import type { Rest } from '../wire/rest.js';

/** A user made through the admin API, with one connection. */
export class BenchUser {
  /** Called with the time of every push that carries a message of this run. */
  onMessage: (sentAt: number) => void = () => {};

  private constructor(
    readonly userId: string,
    readonly token: string,
    readonly connection: ImConnection,
  ) {}

  static async make(url: string, adminToken: string, rest: Rest): Promise<BenchUser> {
    const { user } = await rest.post<{ user: User }>(adminToken, '/admin/users', { nickname: 'bench' });
    const { accessToken } = await rest.post<{ accessToken: string }>(adminToken, '/admin/tokens', {
      userId: user.userId,
    });
    let made: BenchUser | null = null;
    const connection = await ImConnection.open(url, accessToken, {
      push: (bytes, start, end) => {
        const mark = bytes.indexOf(MARK, start);
        if (mark < 0 || mark >= end) return;
        made?.onMessage(
          Number(bytes.toString('latin1', mark + MARK.length, mark + MARK.length + STAMP_DIGITS)),
        );
      },
      lost: (reason) => {
        throw new Error(`a connection was lost: ${reason}`);
      },
    });
    made = new BenchUser(user.userId, accessToken, connection);
    return made;
  }

  async send(to: { userId: string } | { groupId: string }, clientMsgId: string): Promise<void> {
    const stamp = performance.now().toFixed(3).padStart(STAMP_DIGITS, '0');
    const text = `${MARK}${stamp}`.padEnd(TEXT_BYTES, 'x');
    await this.connection.ask('message:send', { to, clientMsgId, type: 'text', content: { text } });
  }
}

const MARK = '~bench';
const STAMP_DIGITS = 14;
const TEXT_BYTES = 100;

export async function makeUsers(count: number, make: () => Promise<BenchUser>): Promise<BenchUser[]> {
  const users: BenchUser[] = [];
  while (users.length < count) {
    const some = Array.from({ length: Math.min(16, count - users.length) }, make);
    users.push(...(await Promise.all(some)));
  }
  return users;
}

export async function makeGroup(rest: Rest, members: BenchUser[]): Promise<Group> {
  const [owner, ...others] = members;
  const memberIds = others.map(({ userId }) => userId);
  return (await rest.post<{ group: Group }>(owner!.token, '/groups', { name: 'bench', memberIds })).group;
}
