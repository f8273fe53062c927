import { MongoServerError, type Db } from 'mongodb';
import { decode } from '../model/decode.js';
import type { Doc, Value } from '../model/value.js';

/** A command's answer in model values, or the error the server gave. */
export type Answer = { ok: true; reply: Doc } | { ok: false; code: number; message: string };

const RAW = { raw: true, promoteValues: false, promoteBuffers: false, bsonRegExp: true } as const;

/** Sends a command through the driver; nested documents come back as bytes and are decoded by the model's reader. */
export async function ask(db: Db, command: Record<string, unknown>): Promise<Answer> {
  try {
    const reply = await db.command(command, RAW);
    return { ok: true, reply: fromRaw(reply) as Doc };
  } catch (error) {
    if (error instanceof MongoServerError && typeof error.code !== 'undefined') {
      return { ok: false, code: Number(error.code), message: error.message };
    }
    throw error;
  }
}

function fromRaw(value: unknown): Value {
  if (value instanceof Uint8Array) return decode(value);
  if (Array.isArray(value)) return value.map(fromRaw);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(Object.entries(value).map(([name, item]) => [name, fromRaw(item)]));
  }
  return value as Value;
}

const NOT_IMPLEMENTED = 238;

/** An answer that says the request lies outside the store's scope, and not that it was wrong. */
export function isRefusal(code: number): boolean {
  return code === NOT_IMPLEMENTED;
}

/** All documents of a cursor command, fetched batch by batch; by default small ones, so that there are several. */
export async function askAll(
  db: Db,
  command: Record<string, unknown>,
  collection: string,
  batchSize = 7,
): Promise<Answer> {
  const first = await ask(db, command);
  if (!first.ok) return first;
  const cursor = first.reply.get('cursor') as Doc;
  const documents = cursor.get('firstBatch') as Doc[];
  let id = cursor.get('id');
  while (id !== undefined && String(id) !== '0') {
    const next = await ask(db, { getMore: id, collection, batchSize });
    if (!next.ok) return next;
    const batch = next.reply.get('cursor') as Doc;
    documents.push(...(batch.get('nextBatch') as Doc[]));
    id = batch.get('id');
  }
  return { ok: true, reply: new Map([['documents', documents]]) };
}
