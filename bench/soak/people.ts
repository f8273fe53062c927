import type { Group, User } from '@nestim/protocol';
import { type Client, createClient, NestimError } from '@nestim/sdk';
import { forEach } from '../wire/for-each.js';
import { type Rest, RestError } from '../wire/rest.js';

/** Someone with a life of his own: online most of the time, in two groups. */
interface Person {
  userId: string;
  token: string;
  groupIds: string[];
  client: Client | null;
}

const PEOPLE = 200;
const MEMBERS = 20;
const MADE_AT_ONCE = 8;
const PAGE = 50;
/** One message of so many goes to one person, the others to groups. */
const DM_SHARE = 0.2;
/** Refusals that follow from coming and going. */
const EXPECTED = new Set(['CLOSED', 'NOT_A_MEMBER', 'CONVERSATION_NOT_FOUND']);

/** The people of a soak and what they do; each action is of someone picked by chance. */
export class People {
  readonly done = { sends: 0, reads: 0, pages: 0, joins: 0, connects: 0, failures: 0 };
  lastFailure = '';

  private constructor(
    private readonly url: string,
    private readonly rest: Rest,
    private readonly random: () => number,
    private readonly people: Person[],
  ) {}

  /** Makes the users and their groups. The groups are a host's who does nothing else. */
  static async make(url: string, adminToken: string, rest: Rest, random: () => number): Promise<People> {
    const people: Person[] = [];
    await forEach(Array(PEOPLE + 1).keys(), MADE_AT_ONCE, async () => {
      const { user } = await rest.post<{ user: User }>(adminToken, '/admin/users', { nickname: 'soak' });
      const { userId } = user;
      const { accessToken } = await rest.post<{ accessToken: string }>(adminToken, '/admin/tokens', {
        userId,
      });
      people.push({ userId, token: accessToken, groupIds: [], client: null });
    });
    const host = people.pop()!;
    for (let at = 0; at < PEOPLE; at += MEMBERS / 2) {
      const members = Array.from({ length: MEMBERS }, (_, place) => people[(at + place) % PEOPLE]!);
      const memberIds = members.map(({ userId }) => userId);
      const { group } = await rest.post<{ group: Group }>(host.token, '/groups', { name: 'soak', memberIds });
      for (const member of members) member.groupIds.push(group.groupId);
    }
    return new People(url, rest, random, people);
  }

  connectAll(): Promise<void> {
    return forEach(this.people, MADE_AT_ONCE, (person) => this.comeAnew(person));
  }

  send(): Promise<void> {
    return this.attempt('sends', async ({ client, groupIds }) => {
      const to =
        this.random() < DM_SHARE
          ? { userId: this.pick(this.people).userId }
          : { groupId: this.pick(groupIds) };
      await client?.messages.send({ to, type: 'text', content: { text: 'x'.repeat(100) } });
    });
  }

  read(): Promise<void> {
    return this.attempt('reads', async ({ client }) => {
      const conversations = client?.conversations.list() ?? [];
      if (conversations.length === 0) return;
      const { conversationId, maxSeq } = this.pick(conversations);
      await client!.conversations.read(conversationId, maxSeq);
    });
  }

  /** A page of history from anywhere. */
  page(): Promise<void> {
    return this.attempt('pages', async ({ client }) => {
      const conversations = client?.conversations.list() ?? [];
      if (conversations.length === 0) return;
      const { conversationId, minSeq, maxSeq } = this.pick(conversations);
      const before = minSeq + 1 + Math.floor(this.random() * Math.max(0, maxSeq - minSeq));
      await client!.conversations.history(conversationId, { before, limit: PAGE });
    });
  }

  /** Leaves a group and joins it again. */
  rejoin(): Promise<void> {
    return this.attempt('joins', async ({ token, groupIds }) => {
      const path = `/groups/${this.pick(groupIds)}`;
      await this.rest.post(token, `${path}/leave`);
      await this.rest.post(token, `${path}/join`);
    });
  }

  /** Goes, and comes back with a client that knows nothing. */
  reconnect(): Promise<void> {
    return this.attempt('connects', (person) => this.comeAnew(person));
  }

  close(): void {
    for (const { client } of this.people) client?.close();
  }

  private async comeAnew(person: Person): Promise<void> {
    person.client?.close();
    const { token } = person;
    const client = createClient({ url: this.url, getToken: () => token, transports: ['websocket'] });
    person.client = client;
    await client.connect();
  }

  private async attempt(
    what: keyof People['done'],
    action: (person: Person) => Promise<void>,
  ): Promise<void> {
    try {
      await action(this.pick(this.people));
      this.done[what] += 1;
    } catch (error) {
      const code = error instanceof NestimError || error instanceof RestError ? error.code : undefined;
      if (code !== undefined && EXPECTED.has(code)) return;
      this.done.failures += 1;
      this.lastFailure = String(error);
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }
}
