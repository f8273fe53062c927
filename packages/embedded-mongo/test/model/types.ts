import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { isDoc, type Value } from './value.js';

/** The BSON type number of a value. */
export function typeNumber(value: Value): number {
  if (value instanceof Double) return 1;
  if (typeof value === 'string') return 2;
  if (isDoc(value)) return 3;
  if (Array.isArray(value)) return 4;
  if (value instanceof Binary) return 5;
  if (value instanceof ObjectId) return 7;
  if (typeof value === 'boolean') return 8;
  if (value instanceof Date) return 9;
  if (value === null) return 10;
  if (value instanceof BSONRegExp) return 11;
  if (value instanceof Int32) return 16;
  if (value instanceof Timestamp) return 17;
  if (value instanceof Long) return 18;
  if (value instanceof Decimal128) return 19;
  if (value instanceof MinKey) return -1;
  if (value instanceof MaxKey) return 127;
  throw new Error(`no BSON type for ${String(value)}`);
}
