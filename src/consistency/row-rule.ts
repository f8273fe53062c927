import type { ConsistencyRule, ScanPage, Suspect } from './consistency-rule.js';
import { nameKey } from './pointers.js';
import type { IndexKey, RowWalk } from '../infra/mongo/row-walk.js';

/** Rows of one step; bounds the look-ups that go with them, and how long a send may have to wait for the store. */
const PAGE = 200;

/** A row that breaks a promise of its feature. */
export interface Defect<Row> {
  readonly kind: string;
  readonly row: Row;
}

/** A rule that tells from a few rows, and what they point to, which of them are broken. */
export abstract class RowRule<Row> implements ConsistencyRule<IndexKey, IndexKey> {
  abstract readonly kinds: Readonly<Record<string, string>>;
  protected abstract readonly rows: RowWalk<Row>;

  /** Rows of one key are all in the same call. */
  protected abstract inspect(rows: Row[]): Promise<Defect<Row>[]>;

  async scan(after: IndexKey | null): Promise<ScanPage<IndexKey, IndexKey>> {
    const { rows, next } = await this.rows.page(after, PAGE);
    return { scanned: rows.length, suspects: await this.suspectsAmong(rows), next };
  }

  async recheck(suspects: readonly Suspect<IndexKey>[]): Promise<Suspect<IndexKey>[]> {
    const wanted = new Set(suspects.map(nameOf));
    const still: Suspect<IndexKey>[] = [];
    // One row may be suspected for several reasons; read twice it would look like two rows.
    const keys = [...new Map(suspects.map(({ key }) => [JSON.stringify(key), key])).values()];
    for (let at = 0; at < keys.length; at += PAGE) {
      const found = await this.suspectsAmong(await this.rows.reread(keys.slice(at, at + PAGE)));
      still.push(...found.filter((suspect) => wanted.has(nameOf(suspect))));
    }
    return still;
  }

  private async suspectsAmong(rows: Row[]): Promise<Suspect<IndexKey>[]> {
    const byName = new Map<string, Suspect<IndexKey>>();
    for (const { kind, row } of rows.length === 0 ? [] : await this.inspect(rows)) {
      const key = this.rows.keyOf(row);
      const suspect = { kind, id: nameKey(key), key };
      byName.set(nameOf(suspect), suspect);
    }
    return [...byName.values()];
  }
}

const nameOf = ({ kind, id }: Suspect): string => `${kind} ${id}`;
