import { rm } from 'node:fs/promises';
import type { ConsistencyReport } from '@nestim/protocol';
import { type Db, MongoClient } from 'mongodb';
import { admin, aGroup, aUser } from './support/factories.js';
import { type ServerProcess, startAndFail, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

const SECRET = { NESTIM_ADMIN_TOKEN: '0123456789-a-token-that-outlives-the-restart' };
/** No whole check beside the one at start. */
const AT_START_ONLY = { ...SECRET, NESTIM_CONSISTENCY_INTERVAL_MINUTES: '0' };
/** More than a scan takes in one step, so that there is something to pass over. */
const MESSAGES = 5000;

const health = async (server: ServerProcess): Promise<{ status: number; report: ConsistencyReport }> => {
  const response = await fetch(`${server.url}/health/consistency`);
  return { status: response.status, report: (await response.json()) as ConsistencyReport };
};

const withStore = async (server: ServerProcess, work: (db: Db) => Promise<unknown>): Promise<void> => {
  const client = await MongoClient.connect(server.storeUri);
  await work(client.db('nestim')).finally(() => client.close());
};

const messageOf = (conversationId: string, seq: number) => ({
  conversationId,
  seq,
  senderId: 'ann',
  clientMsgId: `planted ${seq}`,
  type: 'text',
  content: { text: 'planted' },
  sentAt: 0,
});

describe('R8: the check of the data at start', () => {
  let dataDir: string;
  let conversationId: string;

  /** A conversation with many messages, checked whole. */
  beforeAll(async () => {
    const server = await startServer({ env: AT_START_ONLY });
    ({ dataDir } = server);
    expect(await health(server)).toMatchObject({ status: 200, report: { status: 'ok', complete: true } });
    const ann = await aUser(server, 'ann', 'ann');
    ({ conversationId } = await aGroup(ann));
    const messages = Array.from({ length: MESSAGES }, (_, i) => messageOf(conversationId, i + 1));
    await withStore(server, (db) => db.collection('messages').insertMany(messages));
    expect(await admin(server).post('/admin/consistency/run')).toMatchObject({ status: 'ok' });
    await server.stop({ keepData: true });
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('R9: looks at the tail since the last scan, and does not call that clean', async () => {
    const server = await startServer({ dataDir, env: AT_START_ONLY });
    const { status, report } = await health(server);
    expect({ status, report }).toMatchObject({
      status: 503,
      report: { status: 'incomplete', complete: false, findings: [] },
    });
    expect(report.scanned).toBeLessThan(MESSAGES / 2);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).not.toContain('nestim_consistency_findings{kind="message_seq_gap"}');
    expect(metrics).toContain('nestim_consistency_findings{kind="session_without_user"} 0');
    await server.stop({ keepData: true });
  });

  it('looks at the rest while it serves', async () => {
    const server = await startServer({ dataDir, env: SECRET });
    const report = await eventually(async () => {
      const answer = await health(server);
      return answer.status === 200 && answer.report;
    }, 'the whole check');
    expect(report).toMatchObject({ status: 'ok', complete: true });
    expect(report.scanned).toBeGreaterThan(MESSAGES);
    await server.stop({ keepData: true });
  });

  it('off: makes no check', async () => {
    const server = await startServer({
      dataDir,
      env: { ...AT_START_ONLY, NESTIM_CONSISTENCY_AT_START: 'off' },
    });
    expect(await health(server)).toMatchObject({
      status: 503,
      report: { status: 'never-run', checkedAt: null },
    });
    await server.stop({ keepData: true });
  });

  it('warn starts on damage in the tail and names it, strict does not start', async () => {
    const strict = { ...AT_START_ONLY, NESTIM_CONSISTENCY_AT_START: 'strict' };
    const good = await startServer({ dataDir, env: strict });
    await withStore(good, (db) =>
      db.collection('messages').insertOne(messageOf(conversationId, MESSAGES + 2)),
    );
    await good.stop({ keepData: true });

    const { exit, lines } = await startAndFail({ ...strict, NESTIM_DATA_DIR: dataDir });
    expect(exit.code).toBe(1);
    expect(lines.join('\n')).toContain(`message_seq_gap: 1 (${conversationId} ${MESSAGES + 1})`);

    const warned = await startServer({ dataDir, env: AT_START_ONLY });
    expect(await health(warned)).toMatchObject({
      status: 503,
      report: { status: 'findings', complete: false, findings: [{ kind: 'message_seq_gap', count: 1 }] },
    });
    expect(warned.lines.filter((line) => line.includes('"the data have damage"'))).toHaveLength(1);
    await warned.stop({ keepData: true });
  });

  it('sees that the newest messages, which were there, are lost', async () => {
    const server = await startServer({ dataDir, env: AT_START_ONLY });
    await withStore(server, (db) =>
      db.collection('messages').deleteMany({ conversationId, seq: { $gt: MESSAGES - 10 } }),
    );
    await server.stop({ keepData: true });
    const again = await startServer({ dataDir, env: AT_START_ONLY });
    expect((await health(again)).report.findings).toEqual([{ kind: 'message_tail_lost', count: 1 }]);
    await again.stop({ keepData: true });
  });
});
