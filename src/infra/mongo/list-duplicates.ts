import type { mongo } from 'mongoose';

/** Most keys, and most rows of a key, that one answer names. */
const MAX_KEYS = 20;
const MAX_ROWS = 20;

export interface Duplicate {
  key: Record<string, unknown>;
  /** `_id`s as text. */
  ids: string[];
}

/** Names rows that share the fields of a unique index; scans the collection, for a start that fails anyway. */
export async function listDuplicates(
  collection: mongo.Collection,
  fields: string[],
  filter: object,
): Promise<Duplicate[]> {
  const seen = new Map<string, Duplicate>();
  const duplicates = new Set<Duplicate>();
  const projection = Object.fromEntries(fields.map((field) => [field, 1]));
  for await (const row of collection.find<Record<string, unknown>>(filter, { projection })) {
    const key = Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
    const entry = seen.get(JSON.stringify(key)) ?? { key, ids: [] };
    seen.set(JSON.stringify(key), entry);
    if (entry.ids.length < MAX_ROWS) entry.ids.push(String(row._id));
    if (entry.ids.length > 1) duplicates.add(entry);
    if (duplicates.size === MAX_KEYS) break;
  }
  return [...duplicates];
}
