import { isDeepStrictEqual } from 'node:util';
import { type Client, ClientState, createClient, type Message } from '@nestim/sdk';
import { eventually } from '../../test/support/wait.js';
import { Latencies } from '../load/latencies.js';
import { forEach } from '../wire/for-each.js';

const CHECKS_AT_ONCE = 16;

/** Who is cut off; he is told what is said in one group. */
export interface Member {
  token: string;
  groupId: string;
  conversationId: string;
}

interface Visitor extends Member {
  client: Client;
  told: number[];
  /** Milliseconds from the cut until it was online again. */
  backAfter?: number;
}

/** The clients that are cut off all at once. */
export class Crowd {
  private readonly visitors: Visitor[];
  private cutAt = Infinity;
  private allBack: () => void = () => {};
  private missing = 0;

  constructor(
    private readonly url: string,
    members: readonly Member[],
  ) {
    this.visitors = members.map((member) => {
      const { token, conversationId } = member;
      const client = newClient(url, token);
      const visitor: Visitor = { ...member, client, told: [] };
      client.on('message', (message: Message) => {
        if (message.conversationId === conversationId) visitor.told.push(message.seq);
      });
      client.on('state', ({ state }) => state === ClientState.online && this.back(visitor));
      return visitor;
    });
  }

  connect(atOnce: number): Promise<void> {
    return forEach(this.visitors, atOnce, ({ client }) => client.connect());
  }

  /** To be called together with the cut. @returns when each client was back and synced, in milliseconds since the cut */
  async comeBack(): Promise<Latencies> {
    this.cutAt = performance.now();
    this.missing = this.visitors.length;
    await new Promise<void>((resolve) => (this.allBack = resolve));
    const latencies = new Latencies();
    for (const { backAfter } of this.visitors) latencies.add(backAfter!);
    return latencies;
  }

  /** Waits until everybody was told all, and counts what never came and what came twice or out of turn. */
  async count(heads: Record<string, number>): Promise<{ lost: number; double: number }> {
    const headOf = ({ groupId }: Member): number => heads[groupId] ?? 0;
    await eventually(
      () => this.visitors.every((visitor) => (visitor.told.at(-1) ?? 0) >= headOf(visitor)),
      'everybody to be told all',
      60_000,
    ).catch(() => undefined);
    let [lost, double] = [0, 0];
    for (const visitor of this.visitors) {
      const different = new Set(visitor.told).size;
      lost += headOf(visitor) - different;
      double += visitor.told.length - different;
      const unordered = visitor.told.some((seq, place) => place > 0 && seq <= visitor.told[place - 1]!);
      if (unordered) double += 1;
    }
    return { lost, double };
  }

  /** Compares some clients with fresh ones of the same users. @returns how many of them hold something else */
  async countStale(some: number): Promise<number> {
    let stale = 0;
    await forEach(this.visitors.slice(0, some), CHECKS_AT_ONCE, async ({ client, token }) => {
      const fresh = newClient(this.url, token);
      await fresh.connect();
      if (!isDeepStrictEqual(client.conversations.list(), fresh.conversations.list())) stale += 1;
      fresh.close();
    });
    return stale;
  }

  close(): void {
    for (const { client } of this.visitors) client.close();
  }

  private back(visitor: Visitor): void {
    if (this.cutAt === Infinity || visitor.backAfter !== undefined) return;
    visitor.backAfter = performance.now() - this.cutAt;
    this.missing -= 1;
    if (this.missing === 0) this.allBack();
  }
}

const newClient = (url: string, token: string): Client =>
  createClient({ url, getToken: () => token, transports: ['websocket'], catchUpLimit: Infinity });
