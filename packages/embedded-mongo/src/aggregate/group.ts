import { isNumber, T } from '../bson/types.js';
import { elementsOf, NULL, objectValue, type Element, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, unsupported } from '../errors.js';
import { ValueSet } from '../query/value-set.js';
import { Memory, type Accumulator } from './accumulators.js';
import { detach, documentValue } from './build.js';
import { checkFieldName } from '../query/field-path.js';
import type { Variables } from './expression.js';
import { ACCUMULATORS, REFUSED_ACCUMULATORS, type Gathering } from './group-operators.js';
import type { Expression } from './operator.js';
import type { Docs, Stage } from './stage.js';

/** Parses `$group`. */
export function parseGroup(stage: Element, variables: Variables): Stage {
  if (stage.type !== T.object)
    throw new CommandError(15947, "a group's fields must be specified in an object");
  const fields = elementsOf(stage);
  const id = fields.find((field) => field.name === '_id');
  const outputs = fields.filter((field) => field !== id).map((field) => parseOutput(field, variables));
  if (!id) throw new CommandError(15955, 'a group specification must include an _id');
  const key = parseKey(id, variables);
  return (docs) => group(docs, key, outputs);
}

/** Groups by a value, which becomes the `_id`. */
export function grouping(by: Expression, outputs: readonly Output[]): Stage {
  return (docs) => group(docs, { of: (root) => orNull(by(root)), shown: (key) => key }, outputs);
}

/** One field of a group. */
export interface Output extends Gathering {
  readonly name: string;
}

/** The field's only operator and what it gathers. */
export function parseOutput(field: Element, variables: Variables): Output {
  if (field.name.includes('.'))
    throw new CommandError(40235, `The field name '${field.name}' cannot contain '.'`);
  if (field.name.startsWith('$'))
    throw new CommandError(40236, `The field name '${field.name}' cannot be an operator name`);
  const [operator, ...more] = field.type === T.object ? elementsOf(field) : [];
  if (!operator) throw new CommandError(40234, `The field '${field.name}' must be an accumulator object`);
  if (more.length > 0)
    throw new CommandError(40238, `The field '${field.name}' must specify one accumulator`);
  const parse = Object.hasOwn(ACCUMULATORS, operator.name) ? ACCUMULATORS[operator.name] : undefined;
  if (parse) return { name: field.name, ...parse(operator, variables) };
  if (REFUSED_ACCUMULATORS.has(operator.name)) throw unsupported(`the group operator ${operator.name}`);
  throw new CommandError(15952, `unknown group operator '${operator.name}'`);
}

interface GroupKey {
  /** What documents are grouped by. */
  readonly of: Expression;
  /** The `_id` that is made of it. */
  readonly shown: (key: Value) => Value;
}

/** A document as `_id` is compared field by field: missing ones are apart from null, unless there is only one. */
function parseKey(id: Element, variables: Variables): GroupKey {
  const fields = id.type === T.object ? elementsOf(id) : [];
  if (fields.length === 0 || fields[0]!.name.startsWith('$')) {
    const expression = variables.parse(id);
    return { of: (root) => orNull(expression(root)), shown: (key) => key };
  }
  const parts = fields.map((field) => {
    if (isNumber(field.type) || field.type === T.bool)
      throw new CommandError(17390, '$group does not support inclusion-style expressions');
    checkFieldName(field.name);
    return { name: field.name, expression: variables.parse(field) };
  });
  const [only] = parts;
  if (parts.length === 1) {
    return {
      of: (root) => orNull(only!.expression(root)),
      shown: (key) => documentValue([[only!.name, key]]),
    };
  }
  return {
    of: (root) => documentValue(parts.map(({ name, expression }) => [name, expression(root)])),
    shown: (key) => key,
  };
}

function orNull(value: Value): Value {
  return value.type === T.missing ? NULL : value;
}

function* group(docs: Docs, key: GroupKey, outputs: readonly Output[]): Generator<Buffer> {
  const memory = new Memory('$group');
  const keys = new ValueSet();
  const groups: Accumulator[][] = [];
  for (const doc of docs) {
    const root = objectValue(doc);
    const value = detach(key.of(root));
    const { index, added } = keys.add(value);
    if (added) {
      memory.hold(value.buf.length + 100 * outputs.length);
      groups.push(outputs.map((output) => output.start(memory)));
    }
    const accumulators = groups[index]!;
    for (let i = 0; i < outputs.length; i++) accumulators[i]!.add(outputs[i]!.input(root));
  }
  for (const [i, id] of keys.list().entries()) {
    yield buildDocument((writer) => {
      writer.value('_id', key.shown(id));
      outputs.forEach((output, at) => writer.value(output.name, groups[i]![at]!.result()));
    });
  }
}
