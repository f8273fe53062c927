import type { Value } from '../bson/value.js';
import type { Path } from './path.js';

/** A parsed filter. Every `Value` lies in the request's bytes. */
export type Filter =
  | { readonly op: 'and' | 'or' | 'nor'; readonly children: readonly Filter[] }
  | { readonly op: 'not'; readonly child: Filter }
  | { readonly op: 'true' | 'false' }
  | Comparison
  | {
      readonly op: 'in';
      readonly path: Path;
      readonly values: readonly Value[];
      readonly patterns: readonly RegExp[];
    }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'type'; readonly path: Path; readonly types: ReadonlySet<number> }
  | { readonly op: 'size'; readonly path: Path; readonly size: number }
  | { readonly op: 'mod'; readonly path: Path; readonly divisor: number; readonly remainder: number }
  | {
      readonly op: 'regex';
      readonly path: Path;
      readonly pattern: RegExp;
      readonly source: Value | undefined;
    }
  | { readonly op: 'elemMatch'; readonly path: Path; readonly child: Filter; readonly ofValues: boolean };

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
