import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Client, createClient } from '@nestim/sdk';
import { Latencies } from '../load/latencies.js';

/** One who goes on talking while the others are cut off. */
export interface Talker {
  userId: string;
  token: string;
  /** His group, of which those who are cut off are members. */
  groupId: string;
}

/** What the thread is given. */
export interface TalkersData {
  url: string;
  talkers: Talker[];
}

/** `mark` ends a span of measuring, `stop` the talk: each is answered by the span's figures. */
export type TalkersRequest = 'mark' | 'stop';

/** From the moment a message was due to its ack; what waits for the one before it waits in this time. */
export interface TalkersSpan {
  sends: number;
  p50: number;
  p99: number;
  /** How many messages each group has so far, by its id. */
  groups: Record<string, number>;
}

const PAUSE_MS = 200;
/** Every so many messages one goes to the group. */
const GROUP_EVERY = 10;

class Talk {
  private latencies = new Latencies();
  private readonly heads = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly talkers: Talker[],
    private readonly clients: Client[],
  ) {}

  async run(): Promise<void> {
    const started = performance.now();
    for (let round = 0; !this.stopped; round++) {
      this.clients.forEach((client, place) => this.say(client, place, round));
      await delay(started + (round + 1) * PAUSE_MS - performance.now());
    }
  }

  async answer(request: TalkersRequest): Promise<TalkersSpan> {
    if (request === 'stop') {
      this.stopped = true;
      await Promise.all(this.underWay);
      for (const client of this.clients) client.close();
    }
    const { latencies } = this;
    this.latencies = new Latencies();
    return {
      sends: latencies.count,
      p50: latencies.quantile(0.5),
      p99: latencies.quantile(0.99),
      groups: Object.fromEntries(this.heads),
    };
  }

  private say(client: Client, place: number, round: number): void {
    const { groupId } = this.talkers[place]!;
    const peer = this.talkers[(place + 1) % this.talkers.length]!;
    const to = (round + place) % GROUP_EVERY === 0 ? { groupId } : { userId: peer.userId };
    const due = performance.now();
    const sent = client.messages
      .send({ to, type: 'text', content: { text: `round ${round}` } })
      .then(({ seq }) => {
        this.latencies.add(performance.now() - due);
        if (to.groupId !== undefined) this.heads.set(to.groupId, seq);
        this.underWay.delete(sent);
      });
    this.underWay.add(sent);
  }
}

const { url, talkers } = workerData as TalkersData;
const clients = talkers.map(({ token }) =>
  createClient({ url, getToken: () => token, transports: ['websocket'] }),
);
await Promise.all(clients.map((client) => client.connect()));
const talk = new Talk(talkers, clients);
void talk.run();
parentPort!.on('message', (request: TalkersRequest) => {
  void talk.answer(request).then((span) => parentPort!.postMessage(span));
});
parentPort!.postMessage('talking');
