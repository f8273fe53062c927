import type { Db, Document } from 'mongodb';
import { compareKeys, sortKey, type KeyPattern } from '../model/keys.js';
import { matches } from '../model/match.js';
import { identity, show, type Doc } from '../model/value.js';
import { idOf } from '../model/collection.js';
import { askAll } from '../oracle/ask.js';
import { planOf, stagesOf } from './plan.js';

/**
 * Compares what every index of a collection serves with a scan of all documents that uses none, before and after the
 * index is built anew; a unique index that no longer holds cannot be built.
 * @throws Error naming the index and what it misses.
 */
export async function checkIndexes(db: Db, collection: string): Promise<void> {
  const all = await documentsOf(db, { find: collection, hint: { $natural: 1 }, batchSize: 1000 }, collection);
  for (const index of await db.collection(collection).listIndexes().toArray()) {
    await compareWithScan(db, collection, index, all);
    if (index['name'] === '_id_') continue;
    await db.collection(collection).dropIndex(String(index['name']));
    const { v: _version, key, ...options } = index;
    await db.collection(collection).createIndex(key as Document, options);
    await compareWithScan(db, collection, index, all);
  }
}

async function compareWithScan(
  db: Db,
  collection: string,
  index: Document,
  all: readonly Doc[],
): Promise<void> {
  const name = String(index['name']);
  const pattern = Object.entries(index['key'] as Record<string, number>).map(
    ([path, direction]) => [path, direction < 0 ? -1 : 1] as const,
  );
  const partial = index['partialFilterExpression'] as Document | undefined;
  const filter = (await readFilter(db, collection, name, partial)) ?? new Map();
  const query = {
    find: collection,
    filter: partial ?? {},
    hint: name,
    sort: new Map(pattern),
    batchSize: 1000,
  };
  const stages = stagesOf(await planOf(db, query));
  if (!stages.includes('IXSCAN') || stages.includes('COLLSCAN'))
    throw new Error(`${name} is not used: ${stages.join()}`);
  const served = await documentsOf(db, query, collection);
  const expected = inOrder(
    all.filter((document) => matches(document, filter)),
    pattern,
  );
  if (served.length !== expected.length) {
    throw new Error(`${name} serves ${served.length} documents, a scan ${expected.length}`);
  }
  const left = new Map(expected.map((document) => [identity(idOf(document)), identity(document)]));
  for (const [position, document] of served.entries()) {
    const id = identity(idOf(document));
    if (left.get(id) !== identity(document))
      throw new Error(`${name} serves what a scan does not: ${show(document)}`);
    left.delete(id);
    const wanted = expected[position] as Doc;
    if (compareKeys(sortKey(wanted, pattern), sortKey(document, pattern), pattern) !== 0) {
      throw new Error(`${name} is out of order at ${show(document)}`);
    }
  }
}

/** The partial filter as the store keeps it, with its types. */
async function readFilter(
  db: Db,
  collection: string,
  name: string,
  partial?: Document,
): Promise<Doc | undefined> {
  if (partial === undefined) return undefined;
  const specs = await documentsOf(db, { listIndexes: collection }, collection);
  return specs.find((spec) => spec.get('name') === name)?.get('partialFilterExpression') as Doc | undefined;
}

async function documentsOf(db: Db, command: Record<string, unknown>, collection: string): Promise<Doc[]> {
  const answer = await askAll(db, command, collection, 1000);
  if (!answer.ok) throw new Error(`${show(new Map(Object.entries(command)))}: ${answer.message}`);
  return answer.reply.get('documents') as Doc[];
}

function inOrder(documents: readonly Doc[], pattern: KeyPattern): Doc[] {
  return documents
    .map((document) => ({ document, key: sortKey(document, pattern) }))
    .sort((left, right) => compareKeys(left.key, right.key, pattern))
    .map(({ document }) => document);
}
