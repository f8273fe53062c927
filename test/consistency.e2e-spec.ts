import type { ConsistencyReport } from '@nestim/protocol';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import { admin, aGroup, aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const CHECKED_BY_HAND = { NESTIM_CONSISTENCY_INTERVAL_MINUTES: '0' };

describe('the check of the data', () => {
  let server: ServerProcess;
  let client: MongoClient;
  let db: Db;
  let [ann, bob, cid]: Person[] = [];

  beforeAll(async () => {
    server = await startServer({ env: CHECKED_BY_HAND });
    client = await MongoClient.connect(server.storeUri);
    db = client.db('nestim');
    [ann, bob, cid] = await Promise.all(['ann', 'bob', 'cid'].map((name) => aUser(server, name, name)));
  });

  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  const run = (): Promise<ConsistencyReport> => admin(server).post('/admin/consistency/run');

  const health = async (token?: string): Promise<{ status: number; report: ConsistencyReport }> => {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const response = await fetch(`${server.url}/health/consistency`, { headers });
    return { status: response.status, report: (await response.json()) as ConsistencyReport };
  };

  /** Keeps everything that is stored, and puts it back. */
  const keep = async (): Promise<() => Promise<void>> => {
    const collections = await db.collections();
    const kept = await Promise.all(
      collections.map(async (collection) => ({
        collection,
        rows: await collection.find().toArray(),
        indexes: await collection.indexes(),
      })),
    );
    return async () => {
      for (const { collection, rows, indexes } of kept) {
        await collection.deleteMany({});
        if (rows.length > 0) await collection.insertMany(rows);
        for (const { key, v: _, ...options } of indexes) await collection.createIndex(key, options);
      }
    };
  };

  /** Plants damage, and expects exactly these findings, and none when it is undone. */
  const expectFindings = async (
    plant: () => Promise<unknown>,
    expected: Record<string, string[]>,
  ): Promise<void> => {
    const undo = await keep();
    await plant();
    const { findings, ...report } = await run();
    expect(Object.fromEntries(findings.map(({ kind, sampleIds }) => [kind, sampleIds?.sort()]))).toEqual(
      expected,
    );
    expect(report).toMatchObject({ status: 'findings', complete: true });
    await undo();
    expect(await run()).toMatchObject({ status: 'ok', complete: true, findings: [] });
  };

  const rowOf = (ownerId: string, channelId: string, channelType = 2) => ({
    ownerId,
    channelId,
    channelType,
    joinSeq: 0,
    leftSeq: null,
    readSeq: 0,
    clearedSeq: 0,
    createdAt: 0,
  });

  const messageOf = (conversationId: string | undefined, seq: number) => ({
    ...(conversationId !== undefined && { conversationId }),
    seq,
    senderId: 'ann',
    clientMsgId: `planted ${new ObjectId().toHexString()}`,
    type: 'text',
    content: { text: 'planted' },
    sentAt: 0,
  });

  it('R20, R19: names the kind, the ids to the admin alone, and is well again when the damage is undone', async () => {
    expect(await run()).toMatchObject({ status: 'ok', complete: true });
    expect((await health()).status).toBe(200);

    const friend = { ownerId: 'ann', friendId: 'nobody', remark: '', createdAt: 0 };
    await db.collection('friends').insertOne(friend);
    expect((await health()).status).toBe(200);
    const found = await run();
    expect(found).toMatchObject({
      status: 'findings',
      findings: [{ kind: 'friend_without_user', count: 1, sampleIds: ['ann nobody'] }],
    });

    const bare = { ...found, findings: [{ kind: 'friend_without_user', count: 1 }] };
    expect(await health()).toEqual({ status: 503, report: bare });
    expect(await health('x'.repeat(40))).toEqual({ status: 503, report: bare });
    expect(await health(server.adminToken)).toEqual({ status: 503, report: found });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('nestim_consistency_findings{kind="friend_without_user"} 1');
    expect(metrics).toContain('nestim_consistency_findings{kind="message_seq_gap"} 0');
    expect(Number(/^nestim_consistency_last_run_timestamp_seconds (\S+)$/m.exec(metrics)?.[1])).toBeCloseTo(
      found.checkedAt! / 1000,
      0,
    );

    await db.collection('friends').deleteMany({});
    expect((await health()).status).toBe(503);
    expect(await run()).toMatchObject({ status: 'ok', findings: [] });
    expect((await health()).status).toBe(200);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
      'nestim_consistency_findings{kind="friend_without_user"} 0',
    );
  });

  it('only the admin may run it', async () => {
    expect((await ann!.api.call('POST', '/admin/consistency/run')).status).toBe(401);
  });

  it('R21: an admin deletes a user straight in the database', async () => {
    const gone = await aUser(server, 'gone', 'gone');
    const [online, other] = await Promise.all([gone.connect(), ann!.connect()]);
    await other.send({ to: { userId: 'gone' } }, 'hello');
    const mine = await aGroup(gone, [bob!]);
    const theirs = await aGroup(bob!, [gone]);
    await db.collection('friends').insertMany([
      { ownerId: 'gone', friendId: 'ann', remark: '', createdAt: 0 },
      { ownerId: 'ann', friendId: 'gone', remark: '', createdAt: 0 },
      { ownerId: 'ann', friendId: 'bob', remark: '', createdAt: 0 },
    ]);
    const sessions = await db.collection('sessions').find({ userId: 'gone' }).toArray();
    expect(await run()).toMatchObject({ status: 'ok' });

    await expectFindings(() => db.collection('users').deleteOne({ _id: 'gone' as never }), {
      session_without_user: sessions.map(({ _id }) => String(_id)).sort(),
      friend_without_user: ['ann gone', 'gone ann'],
      group_without_owner: [mine.groupId],
      member_without_user: [`${mine.groupId} gone`, `${theirs.groupId} gone`].sort(),
      conversation_without_owner: [
        'dm:ann:gone gone',
        `${mine.conversationId} gone`,
        `${theirs.conversationId} gone`,
      ].sort(),
      conversation_without_channel: ['dm:ann:gone ann'],
    });
    [online, other].forEach((socket) => socket.close());
  });

  it('R22, R23: one half of a two-step write, and an import that stopped half-way', async () => {
    const [halfLeft, halfJoined, noGroup] = await Promise.all([
      aGroup(ann!, [bob!]),
      aGroup(ann!, [bob!]),
      aGroup(ann!, [bob!]),
    ]);
    const plant = async (): Promise<void> => {
      await db.collection('group_members').deleteOne({ groupId: halfLeft.groupId, userId: 'bob' });
      const member = { groupId: halfJoined.groupId, userId: 'cid', role: 'member', joinedAt: 0 };
      await db.collection('group_members').insertOne(member);
      await db.collection('groups').deleteOne({ _id: noGroup.groupId as never });
    };
    await expectFindings(plant, {
      conversation_without_member: [`${halfLeft.conversationId} bob`],
      member_without_conversation: [`${halfJoined.groupId} cid`],
      member_without_group: [`${noGroup.groupId} ann`, `${noGroup.groupId} bob`],
      conversation_without_channel: [`${noGroup.conversationId} ann`, `${noGroup.conversationId} bob`],
    });
  });

  it('G3, G4: conversation rows and seqs that the indexes and the writer rule out', async () => {
    const group = await aGroup(ann!, [bob!, cid!]);
    const socket = await ann!.connect();
    const ids = ['gap', 'tail', 'double'] as const;
    const groups = Object.fromEntries(
      await Promise.all(ids.map(async (id) => [id, (await aGroup(ann!, [bob!])).conversationId] as const)),
    ) as Record<(typeof ids)[number], string>;
    for (const conversationId of Object.values(groups)) {
      for (const text of ['one', 'two', 'three', 'four']) await socket.send({ conversationId }, text);
    }
    expect(await run()).toMatchObject({ status: 'ok' });

    const plant = async (): Promise<void> => {
      const messages = db.collection('messages');
      await messages.deleteMany({ conversationId: groups.gap, seq: { $in: [2, 3] } });
      await messages.deleteOne({ conversationId: groups.tail, seq: 4 });
      await messages.dropIndex('conversationId_1_seq_1');
      await messages.insertMany([messageOf(groups.double, 2), messageOf(undefined, 7)]);

      const rows = db.collection('conversations');
      const { conversationId } = group;
      await rows.updateOne({ channelId: conversationId, ownerId: 'ann' }, { $set: { readSeq: 1 } });
      await rows.updateOne({ channelId: conversationId, ownerId: 'bob' }, { $set: { joinSeq: 2 } });
      await rows.dropIndex('ownerId_1_channelId_1_channelType_1');
      await rows.insertMany([rowOf('cid', conversationId), rowOf('ann', 'dm:bob:cid', 1)]);
    };
    await expectFindings(plant, {
      message_seq_gap: [`${groups.gap} 2-3`],
      message_tail_lost: [`${groups.tail} up to 4`],
      message_seq_double: [`${groups.double} 2`],
      message_malformed: ['missing 7'],
      read_beyond_head: [`${group.conversationId} ann`],
      window_beyond_head: [`${group.conversationId} bob`],
      conversation_duplicate: [`${group.conversationId} cid`],
      conversation_malformed: ['dm:bob:cid ann'],
    });
    socket.close();
  });
});
