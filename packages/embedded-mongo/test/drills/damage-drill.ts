import { MongoClient } from 'mongodb';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/engine.js';
import { DamagedData } from '../../src/storage/damage.js';
import type { Random } from '../support/random.js';
import { startStore } from '../support/store-process.js';

export interface DamageReport {
  refused: number;
  /** What was changed is used by nothing: the data are right. */
  unharmed: number;
}

const PAGE = 4096;
const DATA = join('lmdb', 'data.mdb');

/**
 * Damages copies of a closed store at random places and opens them: each must be refused, or show exactly what the whole
 * one shows. A crash of LMDB would end this process.
 */
export async function damageDrill(whole: string, rounds: number, random: Random): Promise<DamageReport> {
  const expected = await contents(whole);
  const report = { refused: 0, unharmed: 0 };
  const copy = `${whole}-damaged`;
  for (let round = 0; round < rounds; round += 1) {
    cpSync(whole, copy, { recursive: true });
    const what = damage(join(copy, DATA), random);
    // With and without knowing the file: a copy has another inode.
    if (random.chance(0.5)) rmSync(join(copy, 'served.json'));
    try {
      if ((await contents(copy)) !== expected) throw new Error(`${what} was read wrong`);
      report.unharmed += 1;
    } catch (error) {
      if (!(error instanceof DamagedData)) throw error;
      report.refused += 1;
    }
    rmSync(copy, { recursive: true });
  }
  return report;
}

/** A digest of everything that the store shows. */
export async function contents(dbPath: string): Promise<string> {
  const engine = new Engine({
    dbPath,
    onBroken: (error) => {
      throw error;
    },
  });
  const hash = createHash('sha256');
  const everything = { start: Buffer.from([0]), end: Buffer.alloc(8, 255) };
  for (const { key, value } of engine.reads.view.range(everything)) hash.update(key).update(value);
  await engine.close();
  return hash.digest('hex');
}

/** Changes the file somewhere; tells how. */
function damage(file: string, random: Random): string {
  const descriptor = openSync(file, 'r+');
  const size = readSync(descriptor, Buffer.alloc(2 ** 24), 0, 2 ** 24, 0);
  const at = random.below(size);
  const page = random.below(size / PAGE) * PAGE;
  const write = (bytes: Buffer, position: number): void =>
    void writeSync(descriptor, bytes, 0, bytes.length, position);
  const read = (length: number, position: number): Buffer => {
    const bytes = Buffer.alloc(length);
    readSync(descriptor, bytes, 0, length, position);
    return bytes;
  };
  const flip = (position: number): void => {
    const bytes = read(1, position);
    bytes[0]! ^= 1 << random.below(8);
    write(bytes, position);
  };
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random.below(256)));
  try {
    return random.weighted<string>([
      [6, () => (flip(at), `a bit of byte ${at}`)],
      // Where pages hold their headers and pointers, and the file its roots.
      [4, () => (flip(page + random.below(64)), `a bit of the header of page ${page / PAGE}`)],
      [2, () => (flip(random.below(2) * PAGE + random.below(176)), 'a bit of a meta page')],
      [2, () => (write(noise(random.between(1, 64)), at), `some bytes at ${at}`)],
      [2, () => (write(Buffer.alloc(512), at - (at % 512)), `a sector at ${at}`)],
      [2, () => (write(Buffer.alloc(PAGE), page), `page ${page / PAGE} zeroed`)],
      [
        2,
        () => (
          write(read(PAGE, random.below(size / PAGE) * PAGE), page),
          `page ${page / PAGE} replaced by another`
        ),
      ],
      [2, () => (ftruncateSync(descriptor, at), `cut at ${at}`)],
      [1, () => (ftruncateSync(descriptor, page), `cut at page ${page / PAGE}`)],
    ]);
  } finally {
    closeSync(descriptor);
  }
}

export interface SampleRow {
  _id: number;
  n: number;
  tags: string[];
  text: string;
}

export function sampleRow(n: number): SampleRow {
  const text = 'x'.repeat(n % 50 === 0 ? 20_000 : n);
  return { _id: n, n, tags: [`t${n % 7}`, 'all'], text };
}

/** A closed store with a collection `d.rows`, a unique and a multikey index, large values, and pages that are free again. */
export async function sampleStore(dbPath: string): Promise<void> {
  const store = await startStore(dbPath);
  const client = await MongoClient.connect(store.uri);
  const rows = client.db('d').collection<SampleRow>('rows');
  await rows.createIndex({ n: 1 }, { unique: true });
  await rows.createIndex({ tags: 1, n: -1 });
  for (let batch = 0; batch < 6; batch += 1) {
    await rows.insertMany(Array.from({ length: 100 }, (_, i) => sampleRow(batch * 100 + i)));
    await rows.deleteMany({ n: { $gte: batch * 50, $lt: batch * 50 + 20 } });
  }
  await client.close();
  await store.stop();
}

/** Copies the files as they are this moment, as `cp -r` does. */
export function copyFiles(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('data.mdb') });
  copyFileSync(join(from, DATA), join(to, DATA));
}
