import type { User } from '@nestim/protocol';
import { ImConnection } from '../wire/im-connection.js';
import type { Rest } from '../wire/rest.js';

/** One nick: a user who is connected while at least one running file needs him. */
export class Person {
  connection: ImConnection | null = null;
  /** How many running files need the connection. */
  holds = 0;

  constructor(
    readonly nick: string,
    readonly userId: string,
    readonly token: string,
  ) {}
}

export interface PeopleHandler {
  push(person: Person, bytes: Buffer, start: number, end: number): void;
  lost(person: Person, reason: string): void;
}

/** Makes users when they are first needed and keeps their connections. */
export class People {
  private readonly byNick = new Map<string, Promise<Person>>();
  private readonly opening = new Map<Person, Promise<void>>();
  connections = 0;

  constructor(
    private readonly url: string,
    private readonly adminToken: string,
    private readonly rest: Rest,
    private readonly handler: PeopleHandler,
  ) {}

  get count(): number {
    return this.byNick.size;
  }

  /** The connected person of this nick; each call must be met by one {@link release}. */
  async acquire(nick: string): Promise<Person> {
    let made = this.byNick.get(nick);
    if (!made) this.byNick.set(nick, (made = this.make(nick)));
    const person = await made;
    person.holds += 1;
    if (!person.connection) await this.connect(person);
    return person;
  }

  release(person: Person): void {
    person.holds -= 1;
    if (person.holds > 0 || !person.connection) return;
    person.connection.close();
    person.connection = null;
    this.connections -= 1;
  }

  private async make(nick: string): Promise<Person> {
    const { user } = await this.rest.post<{ user: User }>(this.adminToken, '/admin/users', {
      nickname: nick,
    });
    const { accessToken } = await this.rest.post<{ accessToken: string }>(this.adminToken, '/admin/tokens', {
      userId: user.userId,
    });
    return new Person(nick, user.userId, accessToken);
  }

  /** One connection a person, however many files ask for it at once. */
  private async connect(person: Person): Promise<void> {
    let opening = this.opening.get(person);
    if (!opening) {
      opening = this.open(person).finally(() => this.opening.delete(person));
      this.opening.set(person, opening);
    }
    await opening;
  }

  private async open(person: Person): Promise<void> {
    person.connection = await ImConnection.open(this.url, person.token, {
      push: (bytes, start, end) => this.handler.push(person, bytes, start, end),
      lost: (reason) => this.handler.lost(person, reason),
    });
    this.connections += 1;
  }
}
