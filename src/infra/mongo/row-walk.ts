import type { Model } from 'mongoose';

/** The values of an index's fields in one row. */
export type IndexKey = readonly unknown[];

/** The fields of an index, in its order, and what each must hold. */
export type IndexFields = Readonly<Record<string, 'text' | 'number'>>;

const LEAST = { text: '', number: -Infinity } as const;

/**
 * Reads rows as they lie, damaged ones too, in the order of an index. Nothing is held between two pages. All rows of
 * one key come in one page, so equal keys are neighbours in it.
 * A key of another type is seen only if it sorts before the right ones (missing, null), and a page of such at most.
 */
export class RowWalk<Row> {
  private readonly fields: string[];
  private readonly order: Record<string, 1>;
  private readonly projection: Record<string, 0 | 1>;

  /** @param columns what is read beside the index's fields; without any, an index alone can answer */
  constructor(
    private readonly model: Pick<Model<unknown>, 'collection'>,
    private readonly index: IndexFields,
    columns: readonly string[] = [],
  ) {
    this.fields = Object.keys(index);
    this.order = Object.fromEntries(this.fields.map((field) => [field, 1 as const]));
    this.projection = Object.fromEntries([...this.fields, ...columns].map((field) => [field, 1 as const]));
    this.projection._id ??= 0;
  }

  keyOf(row: Row): IndexKey {
    return this.fields.map((field) => (row as Record<string, unknown>)[field]);
  }

  /** The first rows after a key, about `limit` of them; `next` is the key to go on after, null at the end. */
  async page(after: IndexKey | null, limit: number): Promise<{ rows: Row[]; next: IndexKey | null }> {
    const rows: Row[] = [];
    for (const filter of after === null ? [{}] : this.filtersAfter(after)) {
      if (rows.length <= limit) rows.push(...(await this.find(filter, limit + 1 - rows.length)));
    }
    const beyond = rows[limit];
    if (beyond === undefined) return { rows, next: null };
    const cut = rows.findLastIndex((row) => !sameKey(this.keyOf(row), this.keyOf(beyond))) + 1;
    const kept = cut === 0 ? rows : rows.slice(0, cut);
    return { rows: kept, next: this.keyOf(kept.at(-1)!) };
  }

  /** The rows that have one of these keys now. */
  async reread(keys: readonly IndexKey[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (const key of keys) rows.push(...(await this.find(this.equals(key, this.fields.length))));
    return rows;
  }

  /** Lexicographic "after", as ranges of the index: the rest of the innermost field first, the outermost last. */
  private filtersAfter(key: IndexKey): object[] {
    const ranges = this.fields.map((field, at) => {
      const range = rangeAfter(key[at], this.index[field]!);
      return range && { ...this.equals(key, at), [field]: range };
    });
    return ranges.filter((range) => range !== null).reverse();
  }

  private equals(key: IndexKey, count: number): Record<string, unknown> {
    return Object.fromEntries(this.fields.slice(0, count).map((field, at) => [field, key[at] ?? null]));
  }

  /** The bare driver: mongoose would cast the damage away. */
  private find(filter: object, limit = 0): Promise<Row[]> {
    const { projection, order: sort } = this;
    return this.model.collection.find(filter, { projection, sort, limit }).toArray() as Promise<
      unknown[]
    > as Promise<Row[]>;
  }
}

const sameKey = (a: IndexKey, b: IndexKey): boolean => a.every((value, at) => Object.is(value, b[at]));

/** Comparisons stay within one type, so a range after a wrong value begins at the least right one. */
function rangeAfter(value: unknown, type: 'text' | 'number'): object | null {
  if (type === 'text' ? typeof value === 'string' : typeof value === 'number' && !Number.isNaN(value)) {
    return { $gt: value };
  }
  const sortsBefore = value === undefined || value === null || typeof value === 'number';
  return sortsBefore ? { $gte: LEAST[type] } : null;
}
