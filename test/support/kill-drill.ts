import { setTimeout as delay } from 'node:timers/promises';
import type { Conversation, ConversationList, Message, MessagePage } from '@nestim/protocol';
import type { Client } from '@nestim/sdk';
import { aGroup, aUser, type Person } from './factories.js';
import { closeSdkClients, endSdkStory, say, sdkOnline } from './sdk.js';
import { type ServerProcess, startServer } from './server-process.js';
import { eventually } from './wait.js';

export interface DrillResult {
  cycles: number;
  acked: number;
  /** Sends whose ack a kill swallowed and that the client sent again. */
  repeated: number;
  /** What is wrong, one sentence each; empty when every guarantee held. */
  violations: string[];
}

const PEOPLE = 12;
const OUTSTANDING = 4;

/**
 * Kills a server with SIGKILL at random moments under load and starts it again on the same data, while the clients live
 * through it all. At the end every conversation is held against what was acknowledged, and every client against the server.
 */
export async function killDrill(cycles: number, random: () => number): Promise<DrillResult> {
  let server = await startServer({ env: DRILL_ENV });
  const { port, dataDir } = server;
  const drill = new KillDrill(random);
  try {
    await drill.begin(server);
    for (let cycle = 0; cycle < cycles; cycle++) {
      await drill.load();
      await server.kill();
      drill.countSwallowed();
      server = await startServer({ port, dataDir, env: DRILL_ENV });
    }
    await drill.finish();
    const violations = await drill.verify();
    await endSdkStory();
    await server.stop();
    return { cycles, acked: drill.acked.length, repeated: drill.repeated, violations };
  } catch (error) {
    closeSdkClients();
    await server.kill();
    throw error;
  }
}

const DRILL_ENV = { NESTIM_ADMIN_TOKEN: 'drill-'.repeat(8), NESTIM_LOG_LEVEL: 'info' };

class KillDrill {
  repeated = 0;
  readonly acked: Message[] = [];
  private people: Person[] = [];
  private clients: Client[] = [];
  private groups: { groupId: string }[] = [];
  private lanes: Promise<void>[] = [];
  private ended = false;

  constructor(private readonly random: () => number) {}

  /** Everybody comes online and begins to send. */
  async begin(server: ServerProcess): Promise<void> {
    this.people = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => aUser(server, `person ${i}`)));
    this.groups = await Promise.all(this.people.slice(0, 3).map((owner) => aGroup(owner, this.people)));
    this.clients = await Promise.all(this.people.map((person) => sdkOnline(server, person)));
    this.lanes = this.clients.flatMap((client) =>
      Array.from({ length: OUTSTANDING }, () => this.lane(client)),
    );
  }

  /** Returns a random while after the load has come to flow, with sends under way. */
  async load(): Promise<void> {
    const enough = this.acked.length + PEOPLE * OUTSTANDING;
    await eventually(() => this.acked.length >= enough, 'the load to flow');
    await delay(this.random() * 250);
  }

  countSwallowed(): void {
    this.repeated += this.clients.flatMap((client) => client.messages.pending()).length;
  }

  /** Everything that is still open gets its ack. */
  async finish(): Promise<void> {
    this.ended = true;
    await Promise.all(this.lanes);
  }

  async verify(): Promise<string[]> {
    const violations: string[] = [];
    for (const me of this.people) {
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
    const mine = this.acked.filter((message) => message.conversationId === conversationId);
    for (const acked of mine) {
      const found = byId.get(`${acked.senderId} ${acked.clientMsgId}`);
      if (JSON.stringify(found) !== JSON.stringify(acked))
        violations.push(`${where}: lost or changed ${acked.seq}`);
    }
    if (mine.length !== stored.length)
      violations.push(`${where}: ${stored.length} stored, ${mine.length} sent`);
    const base = stored.findLast((message) => message.senderId === me.userId)?.seq ?? 0;
    if (unread !== stored.length - base)
      violations.push(`${where}: unread ${unread}, not ${stored.length - base}`);
    return violations;
  }

  private async lane(client: Client): Promise<void> {
    while (!this.ended) {
      const to = this.random() < 0.5 ? this.pick(this.groups) : this.pick(this.people);
      this.acked.push(await say(client, to, `text ${this.random()}`));
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
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
