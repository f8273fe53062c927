import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AppModule } from '../src/app.module.js';
import { loadConfig } from '../src/config/load-config.js';
import { ConsistencyRunner } from '../src/consistency/consistency-runner.js';
import { HostIdentity } from '../src/infra/host-identity/host-identity.js';
import { startStore } from './support/store-process.js';

type Command = Record<string, unknown>;
interface Explained {
  queryPlanner: { winningPlan: unknown };
  executionStats: { nReturned: number; totalDocsExamined: number };
}

const READS = ['find', 'count', 'aggregate', 'distinct'];
const OF_THE_SESSION = ['lsid', '$db', 'txnNumber', '$clusterTime', '$readPreference'];

/** Explained of one shape; more of it would tell nothing new. */
const SAMPLES = 5;

/** What a read asks and of which collection, without the values it asks for. */
const shapeOf = (read: Command): string =>
  JSON.stringify(read, (key, value: unknown) => {
    if (OF_THE_SESSION.includes(key) || Array.isArray(value)) return undefined;
    return typeof value === 'object' || READS.includes(key) ? value : '?';
  });

/** Healthy rows of each kind, more than one step takes, and here and there something to recheck. */
async function fill(connection: Connection): Promise<void> {
  const db = connection.db!;
  const ids = Array.from({ length: 1200 }, (_, i) => `u${String(i).padStart(4, '0')}`);
  const insert = (name: string, rows: object[]) => db.collection(name).insertMany(rows);
  await insert(
    'users',
    ids.map((_id) => ({ _id, nickname: _id, createdAt: 0 })),
  );
  await insert(
    'sessions',
    [...ids, 'gone'].map((userId) => ({ _id: `s ${userId}`, userId })),
  );
  await insert(
    'friends',
    [...ids, 'gone'].map((friendId) => ({ ownerId: 'u0000', friendId })),
  );
  await insert('groups', [
    { _id: 'g', ownerId: 'u0000' },
    { _id: 'h', ownerId: 'gone' },
  ]);
  await insert(
    'group_members',
    ids.slice(1).map((userId) => ({ groupId: 'g', userId, role: 'member' })),
  );
  const row = (ownerId: string, channelId: string, channelType: number) => ({
    ownerId,
    channelId,
    channelType,
    joinSeq: 0,
    leftSeq: null,
    readSeq: ownerId === 'u0007' ? 9999 : 1,
    clearedSeq: 0,
  });
  await insert('conversations', [
    ...ids.slice(0, -1).map((ownerId) => row(ownerId, 'group:g', 2)),
    ...ids.slice(1).map((ownerId) => row(ownerId, `dm:u0000:${ownerId}`, 1)),
  ]);
  const message = (conversationId: string, seq: number) => ({
    conversationId,
    seq,
    senderId: 'u0000',
    clientMsgId: `${conversationId} ${seq}`,
  });
  await insert('messages', [
    ...ids.map((_, i) => message('group:g', i < 600 ? i + 1 : i + 2)),
    ...ids.slice(1).map((id) => message(`dm:u0000:${id}`, 1)),
  ]);
}

async function explain(connection: Connection, read: Command) {
  const asked = Object.fromEntries(Object.entries(read).filter(([key]) => !OF_THE_SESSION.includes(key)));
  const answer = await connection.db!.command({ explain: asked, verbosity: 'executionStats' });
  // A pipeline that the query engine does not answer alone is explained by its first stage.
  const { queryPlanner, executionStats } = (answer.stages?.[0].$cursor ?? answer) as Explained;
  return { plan: queryPlanner.winningPlan, stats: executionStats };
}

describe('R78: every query of the check', () => {
  it('is served by an index, in bounded steps', async () => {
    const store = await startStore();
    const { config } = loadConfig({
      MONGODB_URI: `${store.uri}/nestim?monitorCommands=true`,
      NESTIM_CONSISTENCY_AT_START: 'off',
      NESTIM_CONSISTENCY_INTERVAL_MINUTES: '0',
    });
    const app = await NestFactory.createApplicationContext(
      AppModule.of(config, HostIdentity.resolve(undefined)),
      {
        logger: false,
      },
    );
    await app.init();
    const connection = app.get<Connection>(getConnectionToken());
    await fill(connection);

    const reads: Command[] = [];
    const listen = ({ commandName, command }: { commandName: string; command: Command }): void => {
      if (READS.includes(commandName)) reads.push(command);
    };
    connection.getClient().on('commandStarted', listen);
    const { findings, complete } = await app.get(ConsistencyRunner).run();
    connection.getClient().off('commandStarted', listen);
    expect(complete).toBe(true);
    expect(findings.length).toBeGreaterThan(6);
    expect(new Set(reads.map((read) => read.find ?? read.aggregate))).toEqual(
      new Set([
        'users',
        'sessions',
        'friends',
        'groups',
        'group_members',
        'conversations',
        'messages',
        'consistency_state',
      ]),
    );

    const explained = new Map<string, number>();
    for (const read of reads) {
      const shape = shapeOf(read);
      const times = (explained.get(shape) ?? 0) + 1;
      explained.set(shape, times);
      if (times > SAMPLES) continue;
      const { plan, stats } = await explain(connection, read);
      expect(JSON.stringify({ shape, plan })).not.toMatch(/COLLSCAN|"SORT"/);
      expect({ shape, many: stats.nReturned > 501 }).toEqual({ shape, many: false });
      expect({ shape, wasted: stats.totalDocsExamined > Math.max(stats.nReturned, 1) }).toEqual({
        shape,
        wasted: false,
      });
    }
    await app.close();
    await store.stop();
  }, 120_000);
});
