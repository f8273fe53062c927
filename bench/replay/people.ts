import { randomBytes } from 'node:crypto';
import { type Client, ClientState, createClient, type Message } from '@nestim/sdk';
import { RestError, type Rest } from '../wire/rest.js';

/** One nick: a user who is connected while at least one running file needs him. */
export class Person {
  client: Client | null = null;
  /** How many running files need the connection. */
  holds = 0;

  constructor(
    readonly nick: string,
    readonly userId: string,
    public token: string,
  ) {}
}

export interface PeopleHandler {
  message(person: Person, message: Message): void;
  lost(person: Person, reason: string): void;
  /** The client told of something that a replay never is to meet. */
  wrong(person: Person, what: string): void;
}

/** Makes users when they are first needed and keeps their clients. */
export class People {
  private readonly byNick = new Map<string, Promise<Person>>();
  private readonly opening = new Map<Person, Promise<void>>();
  /** Part of every user id, so that a lost answer can be asked for again and runs on one server do not meet. */
  private readonly mark = randomBytes(6).toString('hex');
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
    if (!made) this.byNick.set(nick, (made = this.make(nick, `${this.mark}-${this.byNick.size}`)));
    const person = await made;
    person.holds += 1;
    if (!person.client) await this.connect(person);
    return person;
  }

  release(person: Person): void {
    person.holds -= 1;
    if (person.holds > 0 || !person.client) return;
    person.client.close();
    person.client = null;
    this.connections -= 1;
  }

  /** A client that knows nothing yet, online; the caller closes it. */
  async fresh(person: Person): Promise<Client> {
    const client = this.newClient(person);
    await client.connect();
    return client;
  }

  private async make(nick: string, userId: string): Promise<Person> {
    try {
      await this.rest.post(this.adminToken, '/admin/users', { userId, nickname: nick });
    } catch (error) {
      // A kill swallowed the answer of the first try.
      if (!(error instanceof RestError) || error.code !== 'USER_EXISTS') throw error;
    }
    return new Person(nick, userId, await this.newToken(userId));
  }

  private async newToken(userId: string): Promise<string> {
    const body = { userId };
    const path = '/admin/tokens';
    return (await this.rest.post<{ accessToken: string }>(this.adminToken, path, body)).accessToken;
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
    const client = this.newClient(person);
    const { handler } = this;
    client.on('message', (message) => handler.message(person, message));
    client.on('gap', (gap) => handler.wrong(person, `was told of a gap: ${JSON.stringify(gap)}`));
    client.on('reset', () => handler.wrong(person, 'was told to forget everything'));
    let connected = false;
    client.on('state', ({ state, error }) => {
      if (state === ClientState.offline && connected) handler.lost(person, String(error));
      connected = state === ClientState.syncing || state === ClientState.online;
    });
    await client.connect();
    person.client = client;
    this.connections += 1;
  }

  private newClient(person: Person): Client {
    return createClient({
      url: this.url,
      transports: ['websocket'],
      catchUpLimit: Infinity,
      reconnect: { maxMs: 3_000 },
      getToken: async ({ reason }) => {
        if (reason !== 'connect') person.token = await this.newToken(person.userId);
        return person.token;
      },
    });
  }
}
