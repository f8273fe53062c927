import { dateValue } from '../bson/make.js';
import { formatValue } from '../bson/format.js';
import { T } from '../bson/types.js';
import {
  elements,
  elementsOf,
  findField,
  MISSING,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { checkFieldName, parseFieldPath } from '../query/field-path.js';
import { arrayValue, documentValue } from './build.js';
import { constant, folded, type Expression, type Scope, type Variable } from './operator.js';
import { OPERATORS, REFUSED_OPERATORS } from './operators.js';

export type { Expression } from './operator.js';

/** The variables that expressions see: the system's and those of `let`. */
export class Variables implements Scope {
  private constructor(
    private readonly known: ReadonlyMap<string, Variable>,
    readonly once = false,
  ) {}

  /** Those of one command; `given` is its `let`, whose values must not depend on a document. */
  static ofCommand(given?: Value): Variables {
    const system = new Map<string, Variable>([
      ['REMOVE', { value: MISSING, fixed: true }],
      ['NOW', { value: dateValue(Date.now()), fixed: true }],
    ]);
    const before = new Variables(system, true);
    const fields: Record<string, Variable> = {};
    for (const field of given ? elementsOf(given) : []) {
      const { constant: value } = parseExpression(field, before);
      if (!value)
        throw new CommandError(
          4890500,
          'Command let Expression tried to access a field, but this is not allowed because Command let Expressions run before the query examines any documents',
        );
      fields[field.name] = { value, fixed: true };
    }
    return new Variables(system).define(fields);
  }

  define(variables: Readonly<Record<string, Variable>>): Variables {
    const known = new Map(this.known);
    for (const [name, variable] of Object.entries(variables)) {
      if (name !== 'CURRENT') checkName(name, /^[a-z\u0080-\uffff]/);
      known.set(name, variable);
    }
    return new Variables(known, this.once);
  }

  find(name: string): Variable | undefined {
    return this.known.get(name);
  }

  parse(value: Value): Expression {
    return parseExpression(value, this);
  }
}

/** Parses an expression. Everything but objects, arrays and strings with a `$` in front is a constant. */
export function parseExpression(value: Value, variables: Variables): Expression {
  switch (value.type) {
    case T.string: {
      const text = readString(value);
      return text.startsWith('$') ? parseReference(text, variables) : constant(value);
    }
    case T.array: {
      const items = elementsOf(value).map((item) => parseExpression(item, variables));
      return folded(items, (root) => arrayValue(items.map((item) => item(root))));
    }
    case T.object: {
      const [first, ...more] = elementsOf(value);
      if (!first?.name.startsWith('$')) return parseDocument(value, variables);
      if (more.length > 0) {
        const shown = formatValue(value);
        throw new CommandError(
          15983,
          `An object representing an expression must have exactly one field: ${shown}`,
        );
      }
      return parseOperator(first, variables);
    }
    default:
      return constant(value);
  }
}

function parseOperator(operand: Element, variables: Variables): Expression {
  const operator = Object.hasOwn(OPERATORS, operand.name) ? OPERATORS[operand.name] : undefined;
  if (operator) return operator(operand, variables);
  if (REFUSED_OPERATORS.has(operand.name)) throw unsupported(`the expression ${operand.name}`);
  throw new CommandError(ErrorCode.InvalidPipelineOperator, `Unrecognized expression '${operand.name}'`);
}

function parseDocument(value: Value, variables: Variables): Expression {
  const fields = elementsOf(value).map((field) => {
    checkFieldName(field.name);
    return [field.name, parseExpression(field, variables)] as const;
  });
  const inputs = fields.map(([, expression]) => expression);
  return folded(inputs, (root) =>
    documentValue(fields.map(([name, expression]) => [name, expression(root)])),
  );
}

/** `$a.b`, `$$ROOT.a`, `$$name`. */
function parseReference(text: string, variables: Variables): Expression {
  if (text === '$') throw new CommandError(16872, "'$' by itself is not a valid FieldPath");
  if (!text.startsWith('$$')) return fieldPath(variables.find('CURRENT'), parseFieldPath(text.slice(1)));
  const [name, ...path] = text.slice(2).split('.') as [string, ...string[]];
  checkName(name, /^[A-Za-z\u0080-\uffff]/);
  const names = path.length === 0 ? [] : parseFieldPath(path.join('.'));
  if (name === 'ROOT') return fieldPath(undefined, names);
  const variable = variables.find(name);
  if (name === 'CURRENT') return fieldPath(variable, names);
  if (!variable) {
    if (SYSTEM.has(name)) throw unsupported(`the variable $$${name}`);
    throw new CommandError(17276, `Use of undefined variable: ${name}`);
  }
  return fieldPath(variable, names);
}

const SYSTEM = new Set([
  'CLUSTER_TIME',
  'USER_ROLES',
  'JS_SCOPE',
  'IS_MR',
  'SEARCH_META',
  'DESCEND',
  'PRUNE',
  'KEEP',
]);

function checkName(name: string, first: RegExp): void {
  if (name === '') throw new CommandError(ErrorCode.FailedToParse, 'empty variable names are not allowed');
  if (!first.test(name)) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      `'${name}' starts with an invalid character for a user variable name`,
    );
  }
  const bad = /[^A-Za-z0-9_\u0080-\uffff]/.exec(name);
  if (bad) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      `'${name}' contains an invalid character for a variable name: '${bad[0]}'`,
    );
  }
}

/** A path from a variable, or from the document itself. */
function fieldPath(variable: Variable | undefined, names: readonly Buffer[]): Expression {
  if (variable) {
    if (variable.fixed) return constant(start(variable.value, names));
    return () => start(variable.value, names);
  }
  const [only] = names;
  if (names.length === 1) return (root) => findField(root.buf, root.start, only!) ?? MISSING;
  return (root) => (names.length === 0 ? root : within(root, names, 0));
}

function start(value: Value, names: readonly Buffer[]): Value {
  if (names.length === 0) return value;
  return value.type === T.array ? fromArray(value, names, 0) : within(value, names, 0);
}

/** Unlike in filters a number is a field name here, and an array on the way gives the array of what its documents have. */
function within(value: Value, names: readonly Buffer[], depth: number): Value {
  if (value.type !== T.object) return MISSING;
  const next = findField(value.buf, value.start, names[depth]!);
  if (!next || depth === names.length - 1) return next ?? MISSING;
  return next.type === T.array ? fromArray(next, names, depth + 1) : within(next, names, depth + 1);
}

function fromArray(array: Value, names: readonly Buffer[], depth: number): Value {
  const found: Value[] = [];
  for (const element of elements(array.buf, array.start)) {
    const value = within(element, names, depth);
    if (value.type !== T.missing) found.push(value);
  }
  return arrayValue(found);
}
