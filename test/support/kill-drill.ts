import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Conversation, ConversationList, Message, MessagePage } from '@nestim/protocol';
import { api } from './api.js';
import { type Client, connect } from './client.js';
import { aGroup, aUser, type Person } from './factories.js';
import { type ServerProcess, startServer } from './server-process.js';

/** One send: repeated under its id until it is acknowledged. */
interface Send {
  person: Person;
  clientMsgId: string;
  target: { to: { userId: string } | { groupId: string } };
  acked?: Message;
}

export interface DrillResult {
  cycles: number;
  acked: number;
  /** Sends whose ack a kill swallowed and that were sent again. */
  repeated: number;
  /** What is wrong, one sentence each; empty when every guarantee held. */
  violations: string[];
}

const PEOPLE = 12;
const OUTSTANDING = 4;

/**
 * Kills a server with SIGKILL at random moments under load and starts it again on the same data. Whoever had no
 * ack sends again under the same id. At the end every conversation is held against what was acknowledged.
 */
export async function killDrill(cycles: number, random: () => number): Promise<DrillResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nestim-kill-'));
  const drill = new KillDrill(random);
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const server = await startServer({ dataDir, env: DRILL_ENV });
      await drill.load(server, cycle === 0);
      await server.kill();
    }
    const server = await startServer({ dataDir, env: DRILL_ENV });
    await drill.finish(server);
    const violations = await drill.verify(server);
    await server.stop();
    return { cycles, acked: drill.ackedCount, repeated: drill.repeated, violations };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

const DRILL_ENV = { NESTIM_ADMIN_TOKEN: 'drill-'.repeat(8), NESTIM_LOG_LEVEL: 'info' };

class KillDrill {
  repeated = 0;
  private readonly people: Person[] = [];
  private readonly groupIds: string[] = [];
  private readonly sends: Send[] = [];
  private open = new Set<Send>();
  private next = 0;

  constructor(private readonly random: () => number) {}

  get ackedCount(): number {
    return this.sends.filter((send) => send.acked).length;
  }

  /** Sends for a random while; returns with sends under way. */
  async load(server: ServerProcess, first: boolean): Promise<void> {
    if (first) await this.populate(server);
    const clients = await this.connectAll(server);
    await this.repeatOpen(clients);
    for (const client of clients) for (let n = 0; n < OUTSTANDING; n++) this.keepSending(client);
    await delay(20 + this.random() * 250);
  }

  /** Everything that is still open gets its ack. */
  async finish(server: ServerProcess): Promise<void> {
    const clients = await this.connectAll(server);
    await this.repeatOpen(clients);
    clients.forEach(({ client }) => client.close());
  }

  async verify(server: ServerProcess): Promise<string[]> {
    const violations: string[] = [];
    for (const person of this.people) {
      const me = { ...person, api: api(server.url, person.token) };
      for (const conversation of await listAll(me)) violations.push(...(await this.check(me, conversation)));
    }
    return violations;
  }

  private async check(me: Person, conversation: Conversation): Promise<string[]> {
    const { conversationId, unread } = conversation;
    const where = `${conversationId} as ${me.userId}`;
    const stored = await pullAll(me, conversationId);
    const violations: string[] = [];
    stored.forEach((message, i) => {
      if (message.seq !== i + 1) violations.push(`${where}: seq ${message.seq} stands at place ${i + 1}`);
    });
    const byId = new Map(stored.map((message) => [`${message.senderId} ${message.clientMsgId}`, message]));
    if (byId.size !== stored.length)
      violations.push(`${where}: ${stored.length - byId.size} messages are double`);
    const mine = this.sends.filter((send) => send.acked?.conversationId === conversationId);
    for (const { acked } of mine) {
      const found = byId.get(`${acked!.senderId} ${acked!.clientMsgId}`);
      if (JSON.stringify(found) !== JSON.stringify(acked))
        violations.push(`${where}: lost or changed ${acked!.seq}`);
    }
    if (mine.length !== stored.length)
      violations.push(`${where}: ${stored.length} stored, ${mine.length} sent`);
    const base = stored.findLast((message) => message.senderId === me.userId)?.seq ?? 0;
    if (unread !== stored.length - base)
      violations.push(`${where}: unread ${unread}, not ${stored.length - base}`);
    return violations;
  }

  private async populate(server: ServerProcess): Promise<void> {
    for (let i = 0; i < PEOPLE; i++) this.people.push(await aUser(server, `person ${i}`));
    for (const owner of this.people.slice(0, 3)) {
      this.groupIds.push((await aGroup(owner, this.people)).groupId);
    }
  }

  private connectAll(server: ServerProcess): Promise<{ client: Client; person: Person }[]> {
    return Promise.all(
      this.people.map(async (person) => ({ person, client: await connect(server.url, person.token) })),
    );
  }

  private keepSending({ client, person }: { client: Client; person: Person }): void {
    const groupId = this.groupIds[Math.floor(this.random() * this.groupIds.length)]!;
    const peer = this.people[Math.floor(this.random() * PEOPLE)]!;
    const to = this.random() < 0.5 ? { groupId } : { userId: peer.userId };
    const send: Send = { person, clientMsgId: `k${this.next++}`, target: { to } };
    this.sends.push(send);
    this.open.add(send);
    // The connection breaks with the kill: the send stays open and is repeated after the start.
    this.deliver(client, send).then(
      () => this.keepSending({ client, person }),
      () => undefined,
    );
  }

  private async deliver(client: Client, send: Send): Promise<void> {
    const ended = client.closed.then(() => Promise.reject(new Error('connection ended')));
    send.acked = await Promise.race([
      client.send(send.target, `text of ${send.clientMsgId}`, send.clientMsgId),
      ended,
    ]);
    this.open.delete(send);
  }

  private async repeatOpen(clients: { client: Client; person: Person }[]): Promise<void> {
    const again = [...this.open];
    this.repeated += again.length;
    await Promise.all(
      again.map((send) => this.deliver(clients.find(({ person }) => person === send.person)!.client, send)),
    );
  }
}

async function listAll(me: Person): Promise<Conversation[]> {
  const all: Conversation[] = [];
  let cursor = '';
  do {
    const page = await me.api.get<ConversationList>(
      `/conversations?limit=100${cursor && `&cursor=${cursor}`}`,
    );
    all.push(...page.conversations);
    cursor = page.nextCursor ?? '';
  } while (cursor !== '');
  return all;
}

async function pullAll(me: Person, conversationId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const path = `/conversations/${conversationId}/messages?after=${all.length}&limit=500`;
    const { messages } = await me.api.get<MessagePage>(path);
    if (messages.length === 0) return all;
    all.push(...messages);
  }
}
