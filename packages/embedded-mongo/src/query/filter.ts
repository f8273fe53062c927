import type { Expression } from '../aggregate/operator.js';
import type { Value } from '../bson/value.js';
import type { Path } from './path.js';

/** A regular expression; a stored one of the same text and options is equal to it. */
export interface Regex {
  readonly pattern: RegExp;
  readonly source: string;
  readonly options: string;
}

/** A parsed filter. Every `Value` lies in the request's bytes. */
export type Filter =
  | { readonly op: 'and' | 'or' | 'nor'; readonly children: readonly Filter[] }
  | { readonly op: 'not'; readonly child: Filter }
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'expr'; readonly expression: Expression }
  | Comparison
  | {
      readonly op: 'in';
      readonly path: Path;
      readonly values: readonly Value[];
      readonly patterns: readonly Regex[];
    }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'type'; readonly path: Path; readonly types: ReadonlySet<number> }
  | { readonly op: 'size'; readonly path: Path; readonly size: number }
  | { readonly op: 'mod'; readonly path: Path; readonly divisor: bigint; readonly remainder: bigint }
  | {
      readonly op: 'bits';
      readonly path: Path;
      readonly positions: readonly number[];
      /** All of the bits, or any; set, or clear. */
      readonly all: boolean;
      readonly set: boolean;
    }
  | { readonly op: 'regex'; readonly path: Path; readonly regex: Regex }
  | ElemMatch;

export interface ElemMatch {
  readonly op: 'elemMatch';
  readonly path: Path;
  readonly child: Filter;
  /** The conditions are on the elements themselves. */
  readonly ofValues: boolean;
}

export type ComparisonOp = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

export interface Comparison {
  readonly op: ComparisonOp;
  readonly path: Path;
  readonly value: Value;
}

/** Is it `$eq $gt $gte $lt $lte`? */
export function isComparison(filter: Filter): filter is Comparison {
  return 'value' in filter;
}

/** The conditions that must all hold, nested `$and` dissolved. */
export function conjuncts(filter: Filter): Filter[] {
  if (filter.op === 'true') return [];
  return filter.op === 'and' ? filter.children.flatMap(conjuncts) : [filter];
}
