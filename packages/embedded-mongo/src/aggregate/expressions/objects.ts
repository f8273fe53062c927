import { intValue, stringValue } from '../../bson/make.js';
import { T, typeName } from '../../bson/types.js';
import {
  elementsOf,
  findByName,
  MISSING,
  NULL,
  readString,
  type Element,
  type Value,
} from '../../bson/value.js';
import { formatValue } from '../../bson/format.js';
import { CommandError } from '../../errors.js';
import { arrayValue, documentValue } from '../build.js';
import {
  folded,
  isNullish,
  namedArguments,
  unary,
  variadic,
  type Operator,
  type Operators,
  type Scope,
} from '../operator.js';

/** Later fields replace earlier ones where they stand. */
export function mergeInto(fields: Map<string, Value>, value: Value): void {
  if (isNullish(value)) return;
  if (value.type !== T.object) {
    const shown = `${formatValue(value)} is of type ${typeName(value.type)}`;
    throw new CommandError(40400, `$mergeObjects requires object inputs, but input ${shown}`);
  }
  for (const field of elementsOf(value)) fields.set(field.name, field);
}

const mergeObjects = variadic((values) => {
  const fields = new Map<string, Value>();
  for (const value of values) mergeInto(fields, value);
  return documentValue(fields);
});

const objectToArray = unary((value) => {
  if (isNullish(value)) return NULL;
  if (value.type !== T.object)
    throw new CommandError(40390, `$objectToArray requires a document input, found: ${typeName(value.type)}`);
  const pairs = elementsOf(value).map((field) =>
    documentValue([
      ['k', stringValue(field.name)],
      ['v', field],
    ]),
  );
  return arrayValue(pairs);
});

interface FieldCodes {
  readonly notConstant: number;
  readonly notString: number;
}

/** The constant field name of `$getField`, `$setField` and `$unsetField`; dots and `$` are part of it. */
function constantName(field: Element, operator: string, scope: Scope, codes: FieldCodes): string {
  const { constant } = scope.parse(field);
  if (!constant)
    throw new CommandError(
      codes.notConstant,
      `${operator} requires 'field' to evaluate to a constant, but got a non-constant argument`,
    );
  if (constant.type !== T.string) {
    const found = typeName(constant.type);
    throw new CommandError(
      codes.notString,
      `${operator} requires 'field' to evaluate to type String, but got ${found}`,
    );
  }
  return readString(constant);
}

const GET = { notObject: 3041701, unknown: 3041701, missing: [3041702, 3041703] };

const getField: Operator = (operand, scope) => {
  const isForm = operand.type === T.object && !elementsOf(operand)[0]?.name.startsWith('$');
  const given = isForm
    ? namedArguments(operand, ['field', 'input'], GET)
    : { field: operand, input: undefined };
  const name = constantName(given.field!, '$getField', scope, { notConstant: 5654600, notString: 5654602 });
  const input = given.input ? scope.parse(given.input) : scope.parse(stringValue('$$CURRENT'));
  return folded([input], (root) => {
    const value = input(root);
    if (isNullish(value)) return value;
    return value.type === T.object ? (findByName(value, name) ?? MISSING) : MISSING;
  });
};

function changeField(names: readonly ('field' | 'input' | 'value')[]): Operator {
  const codes = { notObject: 4161100, unknown: 4161101, missing: [4161102, 4161109, 4161103] };
  return (operand, scope) => {
    const given = namedArguments(operand, names, codes);
    const name = constantName(given.field!, operand.name, scope, {
      notConstant: 4161106,
      notString: 4161107,
    });
    const input = scope.parse(given.input!);
    const value = scope.parse(given.value ?? stringValue('$$REMOVE'));
    return folded([input, value], (root) => {
      const target = input(root);
      if (isNullish(target)) return NULL;
      if (target.type !== T.object) {
        const found = typeName(target.type);
        throw new CommandError(
          4161105,
          `${operand.name} requires 'input' to evaluate to type Object, but got ${found}`,
        );
      }
      const fields = new Map<string, Value>(elementsOf(target).map((field) => [field.name, field]));
      fields.set(name, value(root));
      return documentValue(fields);
    });
  };
}

export const OBJECTS: Operators = {
  $bsonSize: unary((value) => {
    if (isNullish(value)) return NULL;
    if (value.type === T.object) return intValue(value.end - value.start);
    throw new CommandError(31393, `$bsonSize requires a document input, found: ${typeName(value.type)}`);
  }),
  $mergeObjects: mergeObjects,
  $objectToArray: objectToArray,
  $getField: getField,
  $setField: changeField(['field', 'input', 'value']),
  $unsetField: changeField(['field', 'input']),
};
