import { DiscoveryService } from '@nestjs/core';

/** Something that looks broken. */
export interface Suspect<Key = unknown> {
  readonly kind: string;
  /** How an operator finds the thing in the store. */
  readonly id: string;
  /** How the rule finds it again. */
  readonly key: Key;
}

export interface ScanPage<Position = unknown, Key = unknown> {
  /** Rows that were looked at. */
  readonly scanned: number;
  readonly suspects: readonly Suspect<Key>[];
  /** Where the next page goes on; null when this was the last. */
  readonly next: Position | null;
  /** True when rows were passed over because an earlier scan had found them good. */
  readonly skipped?: boolean;
}

/** `tail` may pass over what an earlier scan found good; `whole` looks at everything. */
export type ScanDepth = 'whole' | 'tail';

/**
 * What a feature promises about its stored data. It reads the store itself, past every cache, and changes no data.
 * A page is one bounded step by index and holds nothing open, so a scan can stop after any page.
 */
export interface ConsistencyRule<Position = unknown, Key = unknown> {
  /** Every kind of damage that the rule finds → what it is, in a line for the operator. */
  readonly kinds: Readonly<Record<string, string>>;
  /** True when a scan of depth `tail` is shorter: the check at start then takes this rule first. */
  readonly hasTail?: boolean;
  scan(after: Position | null, depth: ScanDepth): Promise<ScanPage<Position, Key>>;
  /** Which of these are still broken. Writes go on during a scan, so a suspect is only reported after this. */
  recheck(suspects: readonly Suspect<Key>[]): Promise<readonly Suspect<Key>[]>;
}

/** Marks a provider as a {@link ConsistencyRule}: the runner finds it wherever it is provided. */
export const Consistency = DiscoveryService.createDecorator<void>();
