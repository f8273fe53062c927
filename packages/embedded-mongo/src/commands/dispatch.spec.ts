import { Binary, Long, serialize, type Document } from 'bson';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectValue } from '../bson/value.js';
import { Engine } from '../engine.js';
import { dispatch } from './dispatch.js';
import { Request } from './request.js';

describe('what a reply waits for', () => {
  const dbPath = mkdtempSync(join(tmpdir(), 'embedded-mongo-dispatch-'));
  const engine = new Engine({ dbPath, onBroken: () => undefined });
  afterAll(async () => {
    await engine.close();
    rmSync(dbPath, { recursive: true });
  });

  const run = (command: Document): Promise<void> | null => {
    const answer = dispatch(engine, new Request(objectValue(Buffer.from(serialize(command)))));
    if ('blocked' in answer) throw new Error('it waits for a transaction');
    return answer.settled;
  };
  const insert = (_id: number) => ({ insert: 'c', $db: 'd', documents: [{ _id }] });
  const session = (start: boolean) => ({
    lsid: { id: new Binary(Buffer.alloc(16, 1), 4) },
    txnNumber: Long.fromInt(1),
    autocommit: false,
    ...(start && { startTransaction: true }),
  });

  it('is the disk for a write, nothing for what a transaction keeps, the disk again for its commit', async () => {
    await run(insert(1));
    const other = run(insert(2));
    expect(other).not.toBeNull();
    expect(run({ ...insert(3), ...session(true) })).toBeNull();
    expect(run({ ...insert(4), ...session(false) })).toBeNull();
    expect(engine.store.settled()).toBe(other);
    const commit = run({ commitTransaction: 1, $db: 'admin', ...session(false) });
    expect(commit).not.toBeNull();
    await commit;
  });
});
