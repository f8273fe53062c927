import { compareValues } from '../bson/compare.js';
import { isNumber, rankOf, T } from '../bson/types.js';
import { elementsOf, numberOf, type Value } from '../bson/value.js';

/** Values that are equal in MongoDB's sense count once (1, 1.0 and Long 1 are one); the first one stays. */
export class ValueSet {
  private readonly buckets = new Map<string, { value: Value; index: number }[]>();
  private readonly values: Value[] = [];

  /** Returns the position of the equal value, or adds this one at the end. */
  add(value: Value): { readonly index: number; readonly added: boolean } {
    const hash = hashOf(value);
    const bucket = this.buckets.get(hash) ?? [];
    const known = bucket.find((other) => compareValues(other.value, value) === 0);
    if (known) return { index: known.index, added: false };
    const index = this.values.length;
    bucket.push({ value, index });
    this.buckets.set(hash, bucket);
    this.values.push(value);
    return { index, added: true };
  }

  has(value: Value): boolean {
    const bucket = this.buckets.get(hashOf(value));
    return bucket !== undefined && bucket.some((other) => compareValues(other.value, value) === 0);
  }

  list(): readonly Value[] {
    return this.values;
  }
}

/** Equal values have equal hashes, whatever the types of the numbers within. */
function hashOf(value: Value): string {
  if (isNumber(value.type)) return `n${numberOf(value) + 0}`;
  const rank = rankOf(value.type);
  if (value.type === T.object || value.type === T.array) {
    const fields = elementsOf(value).map((field) => `${field.name.length}${field.name}${hashOf(field)}`);
    return `${rank}{${fields.join(',')}}`;
  }
  return `${rank}:${value.buf.toString('latin1', value.start, value.end)}`;
}
