import { asDecimal, divide } from '../bson/decimal-math.js';
import { decimalValue, finite } from '../bson/decimal.js';
import { doubleValue } from '../bson/make.js';
import { isNumber, T } from '../bson/types.js';
import { NULL, readNumber, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { ValueSet } from '../query/value-set.js';
import { arrayValue, compareComputed, detach, documentValue } from './build.js';
import { Sum } from './expressions/numbers.js';
import { mergeInto } from './expressions/objects.js';
import { isNullish } from './operator.js';

/** Gathers values into one: those of one output field over the documents of a group. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

/** MongoDB's bound for what a blocking stage may hold. */
const MAX_HELD = 100 * 1024 * 1024;
/** What a held value costs beside its bytes. */
const OVERHEAD = 64;

/** The memory that one stage has taken. */
export class Memory {
  private held = 0;

  constructor(private readonly stage: string) {}

  hold(bytes: number): void {
    this.held += bytes + OVERHEAD;
    if (this.held > MAX_HELD) {
      throw new CommandError(
        ErrorCode.MemoryLimit,
        `Exceeded memory limit for ${this.stage} of ${MAX_HELD} bytes; the embedded store does not spill to disk`,
      );
    }
  }
}

export function sum(): Accumulator {
  const total = new Sum();
  return {
    add: (value) => {
      if (isNumber(value.type)) total.add(value);
    },
    result: () => total.result(),
  };
}

export function average(): Accumulator {
  const total = new Sum();
  let count = 0;
  return {
    add: (value) => {
      if (!isNumber(value.type)) return;
      total.add(value);
      count++;
    },
    result: () => {
      if (count === 0) return NULL;
      if (total.isDecimal) return decimalValue(divide(asDecimal(total.result()), finite(BigInt(count), 0)));
      return doubleValue(total.double() / count);
    },
  };
}

/** The least (-1) or greatest (1) value; null and missing do not count. */
export function extreme(sign: number): Accumulator {
  let best: Value | undefined;
  return {
    add: (value) => {
      if (isNullish(value)) return;
      if (!best || compareComputed(value, best) * sign > 0) best = detach(value);
    },
    result: () => best ?? NULL,
  };
}

/** Standard deviation of a population or a sample, in one pass (Welford). */
export function deviation(sample: boolean): Accumulator {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add: (value) => {
      if (!isNumber(value.type)) return;
      if (value.type === T.decimal) throw unsupported('Decimal128 in a standard deviation');
      const x = readNumber(value);
      count++;
      const delta = x - mean;
      mean += delta / count;
      squares += delta * (x - mean);
    },
    result: () => {
      const by = sample ? count - 1 : count;
      if (by <= 0) return NULL;
      return doubleValue(Math.sqrt(squares / by));
    },
  };
}

export function first(): Accumulator {
  let value: Value | undefined;
  return { add: (next) => void (value ??= detach(next)), result: () => value ?? NULL };
}

export function last(): Accumulator {
  let value: Value = NULL;
  return { add: (next) => void (value = next), result: () => value };
}

export function push(memory: Memory): Accumulator {
  const items: Value[] = [];
  return {
    add: (value) => {
      if (value.type === T.missing) return;
      items.push(detach(value));
      memory.hold(value.end - value.start);
    },
    result: () => arrayValue(items),
  };
}

export function addToSet(memory: Memory): Accumulator {
  const set = new ValueSet();
  return {
    add: (value) => {
      if (value.type !== T.missing && set.add(detach(value)).added) memory.hold(value.end - value.start);
    },
    result: () => arrayValue(set.list()),
  };
}

export function mergeObjects(): Accumulator {
  const fields = new Map<string, Value>();
  return { add: (value) => mergeInto(fields, value), result: () => documentValue(fields) };
}

/** The first `n` values; a missing one counts as null. */
export function firstN(n: number, memory: Memory): Accumulator {
  const items: Value[] = [];
  return {
    add: (value) => {
      if (items.length >= n) return;
      items.push(detach(value));
      memory.hold(value.end - value.start);
    },
    result: () => arrayValue(items),
  };
}

export function lastN(n: number, memory: Memory): Accumulator {
  const items: Value[] = [];
  return {
    add: (value) => {
      if (items.length >= n) items.shift();
      else memory.hold(value.end - value.start);
      items.push(detach(value));
    },
    result: () => arrayValue(items),
  };
}

/** The `n` least values in an order; of equal ones those that came first. */
export function leastN<V>(n: number, order: (a: V, b: V) => number): { add(item: V): void; list(): V[] } {
  let items: { item: V; at: number }[] = [];
  let count = 0;
  const trim = () => {
    items = items.sort((a, b) => order(a.item, b.item) || a.at - b.at).slice(0, n);
  };
  return {
    add: (item) => {
      items.push({ item, at: count++ });
      if (items.length > 2 * n + 100) trim();
    },
    list: () => {
      trim();
      return items.map(({ item }) => item);
    },
  };
}

/** The `n` least (`sign` 1) or greatest (-1) values; null and missing do not count. */
export function extremeN(n: number, sign: number): Accumulator {
  const items = leastN<Value>(n, (a, b) => sign * compareComputed(a, b));
  return {
    add: (value) => {
      if (!isNullish(value)) items.add(detach(value));
    },
    result: () => arrayValue(items.list()),
  };
}
