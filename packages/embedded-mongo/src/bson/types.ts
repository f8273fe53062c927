/** BSON type bytes. `missing` (0) is MongoDB's EOO: the value of a field that is not there. */
export const T = {
  missing: 0,
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  maxKey: 127,
  minKey: 255,
} as const;

const names: Record<number, string> = {
  0: 'missing',
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  6: 'undefined',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  12: 'dbPointer',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  255: 'minKey',
};

/** The name `$type` and MongoDB's messages use. */
export function typeName(type: number): string {
  return names[type] ?? `type ${type}`;
}

/** The type byte of a `$type` alias, or undefined. */
export function typeOfAlias(alias: string): number | undefined {
  for (const [type, name] of Object.entries(names)) if (name === alias && type !== '0') return Number(type);
  return undefined;
}

/** MongoDB's order of types: values of different ranks never compare equal. */
export function rankOf(type: number): number {
  return ranks[type] ?? 127;
}

const ranks = new Uint8Array(256);
const order: number[][] = [
  [T.minKey],
  // Never stored: the index key of an empty array, which sorts before null.
  [T.undefined],
  [T.missing, T.null],
  [T.double, T.int, T.long, T.decimal],
  [T.string, T.symbol],
  [T.object],
  [T.array],
  [T.binary],
  [T.objectId],
  [T.bool],
  [T.date],
  [T.timestamp],
  [T.regex],
  [T.dbPointer],
  [T.code],
  [T.codeWithScope],
  [T.maxKey],
];
order.forEach((types, index) => types.forEach((type) => (ranks[type] = (index + 1) * 8)));

/** Is it one of the number types? */
export function isNumber(type: number): boolean {
  return type === T.int || type === T.double || type === T.long || type === T.decimal;
}
