import { z } from 'zod';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Deepest nesting of client-given JSON. */
export const MAX_JSON_DEPTH = 32;

/**
 * Names the first reason why a value cannot be stored and given back unchanged, or null.
 * Refused: nesting beyond {@link MAX_JSON_DEPTH}, numbers that are not finite, strings with lone surrogates, keys with NUL.
 */
export function whyNotStorable(value: unknown, depth = 0): string | null {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? null : 'text with a lone surrogate';
    case 'number':
      return Number.isFinite(value) ? null : 'a number that is not finite';
    case 'boolean':
      return null;
    case 'object':
      break;
    default:
      return `a value of type ${typeof value}`;
  }
  if (value === null) return null;
  if (depth >= MAX_JSON_DEPTH) return `nesting beyond ${MAX_JSON_DEPTH} levels`;
  if (Array.isArray(value)) return firstReason(value, depth);
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) return 'binary data';
  for (const key of Object.keys(value)) {
    if (key.includes('\0') || !isWellFormed(key)) return 'a key with NUL or a lone surrogate';
    if (key === '__proto__') return 'the key __proto__';
  }
  return firstReason(Object.values(value), depth);
}

function firstReason(values: unknown[], depth: number): string | null {
  for (const value of values) {
    const reason = whyNotStorable(value, depth + 1);
    if (reason) return reason;
  }
  return null;
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** True when the text survives UTF-8 unchanged. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

/** Any JSON value that can be stored and given back unchanged. */
export const Json = z.unknown().superRefine((value, ctx) => {
  const reason = whyNotStorable(value);
  if (reason) ctx.addIssue({ code: 'custom', message: `must not hold ${reason}` });
}) as z.ZodType<JsonValue>;

/** Text kept exactly as sent: never trimmed, never normalised. */
export const text = (max: number) =>
  z.string().max(max).refine(isWellFormed, 'must not hold lone surrogates');
