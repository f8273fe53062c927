import { boolValue, intValue } from '../../bson/make.js';
import { T, typeName } from '../../bson/types.js';
import { elementsOf, isTruthy, NULL, type Element } from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { compareComputed } from '../build.js';
import {
  binary,
  constant,
  folded,
  isNullish,
  namedArguments,
  parseArguments,
  unary,
  type Expression,
  type Operator,
  type Operators,
  type Scope,
  type Variable,
} from '../operator.js';

const ANY = Infinity;

function comparison(accepts: (order: number) => boolean): Operator {
  return binary((left, right) => boolValue(accepts(compareComputed(left, right))));
}

/** `$and` and `$or`: the first operand with the truth `decisive` ends it. */
function junction(decisive: boolean): Operator {
  return (operand, scope) => {
    const inputs = parseArguments(operand, scope, 0, ANY);
    return folded(inputs, (root) => {
      for (const input of inputs) if (isTruthy(input(root)) === decisive) return boolValue(decisive);
      return boolValue(!decisive);
    });
  };
}

const COND = { notObject: 0, unknown: 17083, missing: [17080, 17081, 17082] };

const cond: Operator = (operand, scope) => {
  const named = operand.type === T.object ? namedArguments(operand, ['if', 'then', 'else'], COND) : undefined;
  const inputs = named
    ? [named.if!, named.then!, named.else!].map((part) => scope.parse(part))
    : parseArguments(operand, scope, 3, 3);
  const [test, yes, no] = inputs as [Expression, Expression, Expression];
  return folded(inputs, (root) => (isTruthy(test(root)) ? yes(root) : no(root)));
};

const ifNull: Operator = (operand, scope) => {
  const inputs = parseArguments(operand, scope, 0, ANY);
  if (inputs.length < 2)
    throw new CommandError(1257300, `$ifNull needs at least two arguments, had: ${inputs.length}`);
  const last = inputs.at(-1)!;
  return folded(inputs, (root) => {
    for (const input of inputs) {
      const value = input(root);
      if (!isNullish(value) || input === last) return value;
    }
    return NULL;
  });
};

const switchCase: Operator = (operand, scope) => {
  const wrong = (code: number, message: string) => new CommandError(code, `$switch ${message}`);
  if (operand.type !== T.object)
    throw wrong(40060, `requires an object as an argument, found: ${typeName(operand.type)}`);
  let branches: readonly (readonly [Expression, Expression])[] = [];
  let otherwise: Expression | undefined;
  for (const field of elementsOf(operand)) {
    if (field.name === 'branches') {
      if (field.type !== T.array)
        throw wrong(40061, `expected an array for 'branches', found: ${typeName(field.type)}`);
      branches = elementsOf(field).map((branch) => parseBranch(branch, scope));
    } else if (field.name === 'default') otherwise = scope.parse(field);
    else throw wrong(40067, `found an unknown argument: ${field.name}`);
  }
  if (branches.length === 0) throw wrong(40068, 'requires at least one branch.');
  return folded([...branches.flat(), ...(otherwise ? [otherwise] : [])], (root) => {
    for (const [test, then] of branches) if (isTruthy(test(root))) return then(root);
    if (otherwise) return otherwise(root);
    throw wrong(40066, 'could not find a matching branch for an input, and no default was specified.');
  });
};

function parseBranch(branch: Element, scope: Scope): [Expression, Expression] {
  if (branch.type !== T.object) {
    const found = typeName(branch.type);
    throw new CommandError(40062, `$switch expected each branch to be an object, found: ${found}`);
  }
  let test: Expression | undefined;
  let then: Expression | undefined;
  for (const field of elementsOf(branch)) {
    if (field.name === 'case') test = scope.parse(field);
    else if (field.name === 'then') then = scope.parse(field);
    else throw new CommandError(40063, `$switch found an unknown argument to a branch: ${field.name}`);
  }
  if (!test) throw new CommandError(40064, "$switch requires each branch have a 'case' expression");
  if (!then) throw new CommandError(40065, "$switch requires each branch have a 'then' expression.");
  return [test, then];
}

const LET = { notObject: 16874, unknown: 16875, missing: [16876, 16877] };

const letIn: Operator = (operand, scope) => {
  const given = namedArguments(operand, ['vars', 'in'], LET);
  if (given.vars!.type !== T.object)
    throw new CommandError(10065, 'invalid parameter: expected an object (vars)');
  const variables: Record<string, Variable> = {};
  const sets: { variable: Variable; input: Expression }[] = [];
  for (const field of elementsOf(given.vars!)) {
    const input = scope.parse(field);
    const variable: Variable = input.constant ? { value: input.constant, fixed: true } : { value: NULL };
    variables[field.name] = variable;
    if (!input.constant) sets.push({ variable, input });
  }
  const body = scope.define(variables).parse(given.in!);
  if (sets.length === 0) return body;
  return (root) => {
    // All are computed before the first is set: one may use an outer variable of another's name.
    const values = sets.map(({ input }) => input(root));
    sets.forEach(({ variable }, i) => (variable.value = values[i]!));
    return body(root);
  };
};

export const LOGIC: Operators = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: binary((left, right) => intValue(compareComputed(left, right))),
  $and: junction(false),
  $or: junction(true),
  $not: unary((value) => boolValue(!isTruthy(value))),
  $cond: cond,
  $ifNull: ifNull,
  $switch: switchCase,
  $let: letIn,
  $literal: (operand) => constant(operand),
  $const: (operand) => constant(operand),
};
