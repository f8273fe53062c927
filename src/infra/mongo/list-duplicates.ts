import type { mongo } from 'mongoose';

/** Most keys, and most rows of a key, that one answer names. */
const MAX_KEYS = 20;
const MAX_ROWS = 20;

export interface Duplicate {
  /** The values of the index's fields that the rows share. */
  key: Record<string, unknown>;
  /** `_id`s as text. */
  ids: string[];
}

/** Names rows that share the fields of a unique index. Reads the whole collection: for a start that fails anyway. */
export async function listDuplicates(
  collection: mongo.Collection,
  fields: string[],
  filter: mongo.Document,
): Promise<Duplicate[]> {
  const groups = collection.aggregate<{ _id: Record<string, unknown> }>(
    [
      { $match: filter },
      { $group: { _id: Object.fromEntries(fields.map((field) => [field, `$${field}`])), rows: { $sum: 1 } } },
      { $match: { rows: { $gt: 1 } } },
      { $limit: MAX_KEYS },
    ],
    { allowDiskUse: true },
  );
  const duplicates: Duplicate[] = [];
  for await (const { _id: found } of groups) {
    // A field that is missing counts as null in an index.
    const key = Object.fromEntries(fields.map((field) => [field, found[field] ?? null]));
    const rows = collection.find({ $and: [filter, key] }, { projection: { _id: 1 } }).limit(MAX_ROWS);
    duplicates.push({ key, ids: (await rows.toArray()).map((row) => String(row._id)) });
  }
  return duplicates;
}
