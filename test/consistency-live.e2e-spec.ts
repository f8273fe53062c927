import type { ConsistencyReport } from '@nestim/protocol';
import { MongoClient } from 'mongodb';
import { admin, aGroup, aUser } from './support/factories.js';
import { endSdkStory, say, sdkOnline } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const CHECKED_BY_HAND = { NESTIM_CONSISTENCY_INTERVAL_MINUTES: '0' };
const MEMBERS = 500;

const run = (server: ServerProcess): Promise<ConsistencyReport> =>
  admin(server).post('/admin/consistency/run');

describe('the check of the data under live writes', () => {
  it('reports nothing while messages, joins, leaves, reads, new dms and a big group go on', async () => {
    const server = await startServer({ env: CHECKED_BY_HAND });
    const people = await Promise.all(Array.from({ length: 8 }, (_, i) => aUser(server, `p${i}`, `p${i}`)));
    const clients = await Promise.all(people.map((person) => sdkOnline(server, person)));
    const store = await MongoClient.connect(server.storeUri);
    const users = Array.from({ length: MEMBERS }, (_, i) => ({
      _id: `m${i}` as never,
      nickname: 'm',
      createdAt: 0,
    }));
    await store.db('nestim').collection('users').insertMany(users);
    const group = await aGroup(people[0]!, people.slice(1, 4));

    const times = async (rounds: number, work: (round: number) => Promise<unknown>): Promise<void> => {
      for (let round = 0; round < rounds; round++) await work(round);
    };
    const everybody = users.map(({ _id }) => ({ userId: _id }));
    let writing = true;
    const writers = Promise.all([
      ...[0, 1, 2].map((i) => times(40, () => say(clients[i]!, group, 'to the group'))),
      ...[4, 5, 6].map((i) =>
        times(15, async () => {
          await people[i]!.api.post(`/groups/${group.groupId}/join`);
          await say(clients[i]!, group, 'here I am');
          await people[i]!.api.post(`/groups/${group.groupId}/leave`);
        }),
      ),
      times(40, async () => {
        const { conversations } = clients[3]!;
        const maxSeq = conversations.get(group.conversationId)?.maxSeq ?? 0;
        await conversations.read(group.conversationId, maxSeq);
      }),
      times(60, (round) => say(clients[7]!, { userId: `m${round}` }, 'hello')),
      times(2, () => aGroup(people[0]!, everybody, 'big')),
    ]).finally(() => (writing = false));

    const reports: ConsistencyReport[] = [];
    while (writing) reports.push(await run(server));
    await writers;
    reports.push(await run(server));
    expect(reports.length).toBeGreaterThan(2);
    for (const report of reports) expect(report).toMatchObject({ status: 'ok', findings: [] });
    await endSdkStory();
    await store.close();
    await server.stop();
  }, 60_000);
});
