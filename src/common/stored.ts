/**
 * A row as it may really lie in the store: any field can be missing or of another type, because data are also
 * changed by hand, by imports and by crashes. Converters read it field by field and never throw.
 */
export type Stored<Row> = { readonly [Field in keyof Row]?: unknown };

/** Where a converter says what it had to skip or mark; `BadRows` counts and logs it. */
export interface BadRowReport {
  report(kind: string, id: string): void;
}

/** A field that must be a text with something in it. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A field that must be a time or another whole number. */
export const intOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
