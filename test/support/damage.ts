const ODD_VALUES: readonly unknown[] = [undefined, null, '', 0, NaN, -1.5, true, 'text', [], {}, new Date(0)];

/**
 * Every way a row can be broken that a converter must live with: each set of its fields missing, and each field
 * alone of each other type.
 */
export function* damagedVariants<Row extends object>(row: Row): Generator<Record<string, unknown>> {
  const fields = Object.keys(row);
  for (let missing = 1; missing < 2 ** fields.length; missing++) {
    yield Object.fromEntries(Object.entries(row).filter((_, index) => (missing & (2 ** index)) === 0));
  }
  for (const field of fields) {
    for (const value of ODD_VALUES) yield { ...row, [field]: value };
  }
}

/** Collects what a converter reports. */
export class ReportedRows {
  readonly kinds: string[] = [];

  report(kind: string): void {
    this.kinds.push(kind);
  }
}
