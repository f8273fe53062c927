import type { Value } from './value.js';

/** What one update operator does at one path. */
export interface Modifier {
  /** The new value for one that is there; undefined removes it, the value itself counts as no change. */
  change(current: Value): Value | undefined;
  /** The value for a path that is missing; absent or undefined: nothing is made. */
  create?(): Value | undefined;
  /** `$setOnInsert`. */
  onlyOnInsert?: boolean;
  /** `$unset` does nothing where others fail: below a scalar. */
  toleratesBadPath?: boolean;
  /** `$rename`: the path that is read and removed, and the one that is written. */
  source?: string[];
  target?: string;
}
