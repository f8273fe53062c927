import { serialize } from 'bson';
import type { Collection } from 'mongodb';
import { join } from 'node:path';
import { Floor } from './floor.js';
import { conversation, MessageSource, PER_CONVERSATION, type Message } from './messages.js';
import type { Replies } from './idle-server.js';
import { compare, type Result, type Rounds } from './rounds.js';
import { connect, load, openStore } from './store.js';

const CONVERSATIONS = 20;

interface Case {
  readonly name: string;
  readonly callers: readonly number[];
  /** The least share of the floor's rate. */
  readonly target: number;
  readonly floor: (floor: Floor, source: MessageSource, turn: number) => unknown;
  readonly driver: (messages: Collection<Message>, source: MessageSource, turn: number) => unknown;
  /** What the idle server answers. */
  readonly reply: () => Record<string, unknown>;
}

/** The conversation and the first seq that a turn reads, scattered. */
function place(turn: number): [string, number] {
  return [conversation(turn % CONVERSATIONS), (turn * 7919) % (PER_CONVERSATION - 100)];
}

const found = (documents: Message[]) => ({ cursor: { firstBatch: documents, id: 0n, ns: 'bench.messages' } });

const CASES: readonly Case[] = [
  {
    name: 'batch of 100 inserts',
    callers: [1],
    target: 0.35,
    floor: (floor, source) => floor.insert(source.batch(100)),
    driver: (messages, source) => messages.insertMany(source.batch(100)),
    reply: () => ({ n: 100 }),
  },
  {
    name: 'single durable insert',
    callers: [64],
    target: 0.35,
    floor: (floor, source) => floor.insert([source.next()]),
    driver: (messages, source) => messages.insertOne(source.next()),
    reply: () => ({ n: 1 }),
  },
  {
    name: 'read by a unique key',
    callers: [1, 16],
    target: 0.25,
    floor: (floor, _, turn) => expect(floor.bySeq(...place(turn))),
    driver: async (messages, _, turn) => {
      const [conversationId, seq] = place(turn);
      expect(await messages.findOne({ conversationId, seq }));
    },
    reply: () => found(new MessageSource(1).batch(1)),
  },
  {
    name: 'range of 100 by an index',
    callers: [1, 16],
    target: 0.25,
    floor: (floor, _, turn) => {
      const [conversationId, seq] = place(turn);
      expect(floor.range(conversationId, seq, seq + 100).length === 100);
    },
    driver: async (messages, _, turn) => {
      const [conversationId, seq] = place(turn);
      const rows = await messages
        .find({ conversationId, seq: { $gte: seq, $lt: seq + 100 } })
        .sort({ seq: 1 })
        .toArray();
      expect(rows.length === 100);
    },
    reply: () => found(new MessageSource(1).batch(100)),
  },
];

function expect(answer: unknown): void {
  if (!answer) throw new Error('a wrong answer');
}

export interface AgainstFloor {
  readonly name: string;
  readonly callers: number;
  readonly target: number;
  readonly results: Record<'floor' | 'store' | 'idle', Result>;
}

/** Each case on the floor, on the store and on a server that does nothing, in turn. */
export async function againstFloor(
  folder: string,
  rounds: Rounds,
  report: (row: AgainstFloor) => void,
): Promise<void> {
  const floor = new Floor(join(folder, 'floor'));
  const store = await openStore(join(folder, 'store'));
  const sources = {
    floor: new MessageSource(CONVERSATIONS),
    store: new MessageSource(CONVERSATIONS),
    idle: new MessageSource(CONVERSATIONS),
  };
  const count = CONVERSATIONS * PER_CONVERSATION;
  await load((batch) => floor.insert(batch), sources.floor, count);
  await load((batch) => store.messages.insertMany(batch), sources.store, count);
  for (const { name, callers, target, reply, ...run } of CASES) {
    const answer = serialize({ ...reply(), ok: 1 });
    const replies: Replies = { insert: answer, find: answer };
    const idle = await connect('idle-server', { path: join(folder, 'idle.sock'), replies });
    for (const number of callers) {
      const results = await compare(
        {
          floor: { run: (turn) => run.floor(floor, sources.floor, turn) },
          store: { run: (turn) => run.driver(store.messages, sources.store, turn), server: store.server },
          idle: { run: (turn) => run.driver(idle.messages, sources.idle, turn), server: idle.server },
        },
        number,
        rounds,
      );
      report({ name, callers: number, target, results });
    }
    await idle.close();
  }
  await store.close();
  await floor.close();
}
