import { T, typeName } from '../bson/types.js';
import { elementsOf, objectValue, type Element, type Value } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';

/** Computes a value from a document; `MISSING` if there is none. */
export interface Expression {
  (root: Value): Value;
  /** The value, where it is the same for every document. */
  readonly constant?: Value;
}

/** A variable's place. Expressions run to their end one after the other, so one place for all documents is enough. */
export interface Variable {
  value: Value;
  /** It never changes: expressions of it are folded. */
  readonly fixed?: boolean;
}

/** The variables that an expression sees. */
export interface Scope {
  parse(value: Value): Expression;
  /** A scope with these variables added; throws for names that users may not define. */
  define(variables: Readonly<Record<string, Variable>>): Scope;
  /** The expression is computed a single time, before any document is looked at. */
  readonly once: boolean;
}

/** Parses one operator's operand. `operand.name` is the operator. */
export type Operator = (operand: Element, scope: Scope) => Expression;
export type Operators = Readonly<Record<string, Operator>>;

const NO_DOCUMENT = objectValue(Buffer.from([5, 0, 0, 0, 0]));

export function constant(value: Value): Expression {
  return Object.assign(() => value, { constant: value });
}

/** `run` depends on nothing but `inputs`: it is computed once if they are constant. */
export function folded(inputs: readonly Expression[], run: (root: Value) => Value): Expression {
  if (!inputs.every((input) => input.constant)) return run;
  return constant(explained('Failed to optimize pipeline', () => run(NO_DOCUMENT)));
}

/** Says in an error's message what was under way, as MongoDB does. */
export function explained<R>(what: string, run: () => R): R {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CommandError) || error.message.includes(' :: caused by :: ')) throw error;
    if (error.code === ErrorCode.NotImplemented) throw error;
    throw new CommandError(error.code, `${what} :: caused by :: ${error.message}`);
  }
}

/** The operand as a list of arguments; anything but an array is a list of one. */
export function parseArguments(operand: Element, scope: Scope, min: number, max: number): Expression[] {
  const items = operand.type === T.array ? elementsOf(operand) : [operand];
  const count = items.length;
  if (count < min || count > max) {
    const { name } = operand;
    if (min === max) {
      throw new CommandError(
        16020,
        `Expression ${name} takes exactly ${min} arguments. ${count} were passed in.`,
      );
    }
    throw new CommandError(
      28667,
      `Expression ${name} takes at least ${min} arguments, and at most ${max}, but ${count} were passed in.`,
    );
  }
  return items.map((item) => scope.parse(item));
}

/** An operator on one value. */
export function unary(compute: (value: Value, name: string) => Value): Operator {
  return (operand, scope) => {
    const [input] = parseArguments(operand, scope, 1, 1);
    return folded([input!], (root) => compute(input!(root), operand.name));
  };
}

/** An operator on two values. */
export function binary(compute: (left: Value, right: Value, name: string) => Value): Operator {
  return (operand, scope) => {
    const [left, right] = parseArguments(operand, scope, 2, 2);
    return folded([left!, right!], (root) => compute(left!(root), right!(root), operand.name));
  };
}

/** An operator on `min` to `max` values, all of which are computed. */
export function nary(
  min: number,
  max: number,
  compute: (values: readonly Value[], name: string) => Value,
): Operator {
  return (operand, scope) => {
    const inputs = parseArguments(operand, scope, min, max);
    return folded(inputs, (root) =>
      compute(
        inputs.map((input) => input(root)),
        operand.name,
      ),
    );
  };
}

/** An operator on any number of values, which are computed as they are taken: what decides early ends it. */
export function variadic(compute: (values: Iterable<Value>) => Value): Operator {
  return (operand, scope) => {
    const inputs = parseArguments(operand, scope, 0, Infinity);
    return folded(inputs, (root) => compute(computed(inputs, root)));
  };
}

function* computed(inputs: readonly Expression[], root: Value): Generator<Value> {
  for (const input of inputs) yield input(root);
}

/** The codes that MongoDB gives an operator's malformed operand. */
export interface NamedCodes {
  readonly notObject: number;
  readonly unknown: number;
  /** One for each argument in order; 0 where the argument is optional. */
  readonly missing: readonly number[];
}

/** The fields of an operand like `{input: …, as: …}`. */
export function namedArguments<N extends string>(
  operand: Element,
  names: readonly N[],
  codes: NamedCodes,
): Partial<Record<N, Element>> {
  const { name } = operand;
  if (operand.type !== T.object) {
    const found = typeName(operand.type);
    throw new CommandError(
      codes.notObject,
      `${name} only supports an object as its argument, found: ${found}`,
    );
  }
  const given: Partial<Record<string, Element>> = {};
  for (const field of elementsOf(operand)) {
    if (!names.includes(field.name as N))
      throw new CommandError(codes.unknown, `Unrecognized parameter to ${name}: ${field.name}`);
    given[field.name] = field;
  }
  names.forEach((wanted, i) => {
    if (codes.missing[i] && !given[wanted])
      throw new CommandError(codes.missing[i], `Missing '${wanted}' parameter to ${name}`);
  });
  return given as Partial<Record<N, Element>>;
}

/** An operator on named values, all of which are computed; what was not given is undefined. */
export function named<N extends string>(
  names: readonly N[],
  codes: NamedCodes,
  compute: (values: Partial<Record<N, Value>>, name: string) => Value,
): Operator {
  return (operand, scope) => {
    const given = namedArguments(operand, names, codes);
    const inputs = Object.entries<Element>(given as Record<N, Element>).map(
      ([name, value]) => [name, scope.parse(value)] as const,
    );
    const all = inputs.map(([, input]) => input);
    return folded(all, (root) => {
      const values: Partial<Record<string, Value>> = {};
      for (const [name, input] of inputs) values[name] = input(root);
      return compute(values as Partial<Record<N, Value>>, operand.name);
    });
  };
}

/** Null, missing or undefined. */
export function isNullish(value: Value): boolean {
  return value.type === T.null || value.type === T.missing || value.type === T.undefined;
}
