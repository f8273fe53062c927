import { restoreBackup } from '@nestim/embedded-mongo';
import { MongoClient, type Collection } from 'mongodb';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { contents, sampleStore } from './drills/damage-drill.js';
import { checkIndexes } from './drills/index-check.js';
import { freshFolder, openTestStore } from './support/embedded.js';
import { BIN, startStore, stopAllStores } from './support/store-process.js';

interface Row {
  _id: number;
  text: string;
}

interface Account {
  _id: number;
  balance: number;
}

const ACCOUNTS = 10;
const EACH = 100;

describe('backup and restore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await freshFolder();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  afterAll(stopAllStores);

  const cli = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };

  /** Transfers and inserts until it is told to stop; `acknowledged` documents are in the log at any moment. */
  function writers(client: MongoClient) {
    const log = client.db('d').collection<Row>('log');
    const accounts = client.db('d').collection<Account>('accounts');
    const state = { acknowledged: 0, done: false };
    const inserting = async (): Promise<void> => {
      while (!state.done) {
        const first = state.acknowledged;
        await log.insertMany(
          Array.from({ length: 3 }, (_, i) => ({ _id: first + i, text: 'x'.repeat(i * 900) })),
        );
        state.acknowledged += 3;
      }
    };
    const transferring = async (seed: number): Promise<void> => {
      for (let n = seed; !state.done; n += 1) {
        await client.withSession((session) =>
          session.withTransaction(async () => {
            await accounts.updateOne({ _id: n % ACCOUNTS }, { $inc: { balance: -1 } }, { session });
            await accounts.updateOne({ _id: (n * 7 + 1) % ACCOUNTS }, { $inc: { balance: 1 } }, { session });
          }),
        );
      }
    };
    return { state, finished: Promise.all([inserting(), transferring(0), transferring(5)]) };
  }

  async function prepare(client: MongoClient): Promise<void> {
    await client.db('d').collection('log').createIndex({ text: 1, _id: 1 }, { unique: true });
    const accounts: Collection<Account> = client.db('d').collection('accounts');
    await accounts.insertMany(Array.from({ length: ACCOUNTS }, (_, _id) => ({ _id, balance: EACH })));
  }

  async function expectWhole(dbPath: string, acknowledged: number): Promise<void> {
    const store = await startStore(dbPath);
    const client = await MongoClient.connect(store.uri);
    const db = client.db('d');
    const ids = (await db.collection<Row>('log').find().toArray()).map(({ _id }) => _id);
    expect(ids).toEqual(ids.map((_, i) => i));
    expect(ids.length).toBeGreaterThanOrEqual(acknowledged);
    expect(ids.length % 3).toBe(0);
    const balances = (await db.collection<Account>('accounts').find().toArray()).map(
      ({ balance }) => balance,
    );
    expect(balances).toHaveLength(ACCOUNTS);
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(ACCOUNTS * EACH);
    await checkIndexes(db, 'log');
    await client.close();
    await store.stop();
  }

  it('of a store that is being written holds all that was acknowledged before, and no half of anything', async () => {
    const test = await openTestStore();
    await prepare(test.client);
    const { state, finished } = writers(test.client);
    const taken: { at: string; had: number }[] = [];
    for (let i = 0; i < 4; i += 1) {
      const until = state.acknowledged + 150;
      while (state.acknowledged < until) await wait(5);
      const at = join(folder, `backup-${i}`);
      taken.push({ at, had: state.acknowledged });
      if (i % 2 === 0) await test.store.backup(at);
      else expect(await cli('backup', '--dbpath', test.dbPath, '--to', at)).toMatchObject({ code: 0 });
    }
    state.done = true;
    await finished;
    for (const { at, had } of taken) await expectWhole(at, had);
    await expect(test.store.backup(taken[0]!.at)).rejects.toThrow('exists already');
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
    await test.close();
  }, 60_000);

  it('is put back in one step, beside what was there; not while the store runs', async () => {
    const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
    await sampleStore(data);
    expect(await cli('backup', '--dbpath', data, '--to', backup)).toMatchObject({ code: 0 });
    const store = await startStore(data);
    const refused = await cli('restore', '--from', backup, '--dbpath', data);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(String(store.pid)) as string });
    const client = await MongoClient.connect(store.uri);
    await client.db('d').collection('later').insertOne({ a: 1 });
    await client.close();
    await store.stop();
    const later = await contents(data);
    expect(await cli('restore', '--from', backup, '--dbpath', data)).toMatchObject({ code: 0 });
    expect(await contents(data)).toBe(await contents(backup));
    const [former] = readdirSync(join(data, 'lmdb')).filter((name) => name.startsWith('before-restore-'));
    writeFileSync(join(backup, 'lmdb', 'data.mdb'), readFileSync(join(data, 'lmdb', former!)));
    rmSync(join(backup, 'served.json'));
    expect(await contents(backup)).toBe(later);
    expect(await cli('restore', '--from', backup, '--dbpath', join(folder, 'new'))).toMatchObject({
      code: 0,
    });
    expect(await contents(join(folder, 'new'))).toBe(later);
  }, 60_000);

  it('changes nothing if the backup is damaged', async () => {
    const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
    await sampleStore(data);
    expect(await cli('backup', '--dbpath', data, '--to', backup)).toMatchObject({ code: 0 });
    const bytes = readFileSync(join(backup, 'lmdb', 'data.mdb'));
    for (let at = bytes.indexOf('x'.repeat(200)); at > 0; at = bytes.indexOf('x'.repeat(200), at + 200))
      bytes[at + 100]! ^= 4;
    writeFileSync(join(backup, 'lmdb', 'data.mdb'), bytes);
    const before = [await contents(data), readdirSync(data), readdirSync(join(data, 'lmdb'))];
    await expect(restoreBackup(backup, data)).rejects.toThrow(
      `${join(backup, 'lmdb', 'data.mdb')} is damaged`,
    );
    expect([await contents(data), readdirSync(data), readdirSync(join(data, 'lmdb'))]).toEqual(before);
    expect(await cli('check', '--dbpath', backup)).toMatchObject({ code: 1 });
    expect(await cli('check', '--dbpath', data)).toMatchObject({ code: 0 });
    // What is damaged cannot be backed up either, and leaves no folder that looks like a backup.
    expect(await cli('backup', '--dbpath', backup, '--to', join(folder, 'b'))).toMatchObject({ code: 1 });
    expect(readdirSync(folder).sort()).toEqual(['backup', 'data']);
  });

  it('killed anywhere leaves the old data or the new', async () => {
    const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
    await sampleStore(data);
    expect(await cli('backup', '--dbpath', data, '--to', backup)).toMatchObject({ code: 0 });
    const store = await startStore(data);
    const client = await MongoClient.connect(store.uri);
    await client.db('d').collection('later').insertOne({ a: 1 });
    await client.close();
    await store.stop();
    const states = [await contents(data), await contents(backup)];
    for (let i = 0; i < 10; i += 1) {
      const child = spawn(process.execPath, [BIN, 'restore', '--from', backup, '--dbpath', data]);
      const exited = once(child, 'exit');
      // From the moment the copy appears it is about to be put in place.
      while (!existsSync(join(data, 'restoring.mdb')) && child.exitCode === null) await wait(1);
      await wait(i * 2);
      child.kill('SIGKILL');
      await exited;
      expect(states).toContain(await contents(data));
    }
  }, 60_000);
});
