import { serialize } from 'bson';
import type { Collection, Document } from 'mongodb';
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
  /** The least share of the floor's rate; a case without is shown only. */
  readonly target?: number;
  readonly floor: (floor: Floor, source: MessageSource, turn: number) => unknown;
  readonly driver: (messages: Collection<Message>, source: MessageSource, turn: number) => unknown;
  /** What the idle server answers to a command of that name. */
  readonly idle: () => Record<string, Document>;
}

/** The conversation and the first seq that a turn reads, scattered. */
function place(turn: number): [string, number] {
  return [conversation(turn % CONVERSATIONS), (turn * 7919) % (PER_CONVERSATION - 100)];
}

const found = (documents: Message[]) => ({
  find: { cursor: { firstBatch: documents, id: 0n, ns: 'bench.messages' }, ok: 1 },
});

const CASES: readonly Case[] = [
  {
    name: 'batch of 100 inserts',
    callers: [1],
    target: 0.35,
    floor: (floor, source) => floor.insert(source.batch(100)),
    driver: (messages, source) => messages.insertMany(source.batch(100)),
    idle: () => ({ insert: { n: 100, ok: 1 } }),
  },
  {
    name: 'single durable insert',
    callers: [64],
    target: 0.35,
    floor: (floor, source) => floor.insert([source.next()]),
    driver: (messages, source) => messages.insertOne(source.next()),
    idle: () => ({ insert: { n: 1, ok: 1 } }),
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
    idle: () => found(new MessageSource(1).batch(1)),
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
    idle: () => found(new MessageSource(1).batch(100)),
  },
  {
    name: 'transaction of 2 updates',
    callers: [1, 16],
    floor: (floor, _, turn) => floor.touch([place(turn * 2), place(turn * 2 + 1)], turn),
    driver: (messages, _, turn) =>
      messages.db.client.withSession((session) =>
        session.withTransaction(async () => {
          for (const [conversationId, seq] of [place(turn * 2), place(turn * 2 + 1)])
            await messages.updateOne({ conversationId, seq }, { $set: { sentAt: turn } }, { session });
        }),
      ),
    idle: () => ({ update: { n: 1, nModified: 1, ok: 1 } }),
  },
];

function expect(answer: unknown): void {
  if (!answer) throw new Error('a wrong answer');
}

export interface AgainstFloor {
  readonly name: string;
  readonly callers: number;
  readonly target: number | undefined;
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
  const hello = await store.messages.db.command({ hello: 1 });
  for (const { name, callers, target, idle: answers, ...run } of CASES) {
    const replies = Object.entries({ hello, ...answers() }).map(([command, doc]) => [
      command,
      serialize(doc),
    ]);
    const idle = await connect('idle-server', {
      path: join(folder, 'idle.sock'),
      replies: Object.fromEntries(replies) as Replies,
    });
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
