import type { MessagePage } from '@nestim/protocol';
import type { Rest } from '../wire/rest.js';
import { type BenchUser, makeGroup } from './bench-user.js';
import { Latencies } from './latencies.js';

export interface Bench {
  rest: Rest;
  seconds: number;
  users(count: number): Promise<BenchUser[]>;
  /** Everything is set up: from here on it is measured. */
  begin(): Promise<void>;
}

export interface Outcome {
  name: string;
  /** What one operation is. */
  unit: 'acked' | 'delivered' | 'pulled';
  operations: number;
  seconds: number;
  latencies: Latencies;
}

type Workload = (bench: Bench) => Promise<Outcome>;

/** Runs `workers` loops of `step` for the bench's time, and counts. */
async function closedLoop(
  bench: Bench,
  workers: number,
  step: (worker: number) => Promise<void>,
): Promise<number> {
  await bench.begin();
  const end = performance.now() + bench.seconds * 1000;
  let operations = 0;
  const work = async (worker: number): Promise<void> => {
    while (performance.now() < end) {
      await step(worker);
      operations += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return operations;
}

const timed = async (latencies: Latencies, work: () => Promise<unknown>): Promise<void> => {
  const start = performance.now();
  await work();
  latencies.add(performance.now() - start);
};

let lastId = 0;
const nextId = (): string => `bench-${++lastId}`;

const directMessages =
  (outstanding: number): Workload =>
  async (bench) => {
    const pairs = 100;
    const people = await bench.users(2 * pairs);
    const latencies = new Latencies();
    for (const user of people) user.onMessage = (sentAt) => latencies.add(performance.now() - sentAt);
    for (let i = 0; i < pairs; i++) await people[i]!.send({ userId: people[pairs + i]!.userId }, nextId());
    const operations = await closedLoop(bench, pairs * outstanding, (worker) => {
      const i = worker % pairs;
      return people[i]!.send({ userId: people[pairs + i]!.userId }, nextId());
    });
    return {
      name: `dm, ${outstanding} outstanding`,
      unit: 'acked',
      operations,
      seconds: bench.seconds,
      latencies,
    };
  };

const groupFanOut: Workload = async (bench) => {
  const members = await bench.users(500);
  const { groupId } = await makeGroup(bench.rest, members);
  const latencies = new Latencies();
  for (const user of members) user.onMessage = (sentAt) => latencies.add(performance.now() - sentAt);
  await closedLoop(bench, 5, (worker) => members[worker]!.send({ groupId }, nextId()));
  const operations = latencies.count;
  return {
    name: 'group of 500, 5 senders',
    unit: 'delivered',
    operations,
    seconds: bench.seconds,
    latencies,
  };
};

const hotConversation: Workload = async (bench) => {
  const members = await bench.users(2);
  const { groupId } = await makeGroup(bench.rest, members);
  const latencies = new Latencies();
  const operations = await closedLoop(bench, 32, () =>
    timed(latencies, () => members[0]!.send({ groupId }, nextId())),
  );
  return {
    name: 'one conversation, 32 outstanding',
    unit: 'acked',
    operations,
    seconds: bench.seconds,
    latencies,
  };
};

const history: Workload = async (bench) => {
  const members = await bench.users(2);
  const { groupId, conversationId } = await makeGroup(bench.rest, members);
  for (let sent = 0; sent < 2000; sent += 200) {
    await Promise.all(Array.from({ length: 200 }, () => members[0]!.send({ groupId }, nextId())));
  }
  const latencies = new Latencies();
  const path = `/conversations/${conversationId}/messages?limit=100`;
  const operations = await closedLoop(bench, 16, () =>
    timed(latencies, () => bench.rest.get<MessagePage>(members[1]!.token, path)),
  );
  return {
    name: 'history, newest 100, 16 readers',
    unit: 'pulled',
    operations,
    seconds: bench.seconds,
    latencies,
  };
};

export const WORKLOADS: Record<string, Workload> = {
  dm: directMessages(1),
  dm16: directMessages(16),
  group: groupFanOut,
  hot: hotConversation,
  history,
};
