import { formatValue } from '../bson/format.js';
import { intValue } from '../bson/make.js';
import { rankOf, T, typeName } from '../bson/types.js';
import { elementsOf, objectValue, readString, type Element, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError } from '../errors.js';
import { parseSort, type SortField } from '../query/sort.js';
import { Memory, sum } from './accumulators.js';
import { arrayValue, compareComputed, documentValue } from './build.js';
import { sorting } from './basic-stages.js';
import type { Variables } from './expression.js';
import { grouping, parseOutput, type Output } from './group.js';
import { constant } from './operator.js';
import { stageElement, type Docs, type Stage, type StageParser } from './stage.js';

const COUNT: Output = { name: 'count', input: constant(intValue(1)), start: sum };

function by(name: string, direction: 1 | -1): SortField[] {
  return parseSort(documentValue([[name, intValue(direction)]]));
}

/** Is it a `$` path or an expression document? */
function isComputed(value: Value): boolean {
  if (value.type === T.string) return readString(value).startsWith('$');
  return value.type === T.object && (elementsOf(value)[0]?.name.startsWith('$') ?? false);
}

export const sortByCount: StageParser = (stage, { variables }) => {
  if (!isComputed(stage))
    throw new CommandError(
      40147,
      'the sortByCount field must be defined as a $-prefixed path or an expression inside an object',
    );
  const group = grouping(variables.parse(stage), [COUNT]);
  const sort = sorting(by('count', -1), 0);
  return (docs) => sort(group(docs));
};

const BUCKET = ['groupBy', 'boundaries', 'default', 'output'];

/** `$bucket`: groups by the range that a value lies in. */
export const bucket: StageParser = (stage, { variables }) => {
  if (stage.type !== T.object)
    throw new CommandError(
      40201,
      `Argument to $bucket stage must be an object, but found type: ${typeName(stage.type)}.`,
    );
  const given = new Map(elementsOf(stage).map((field) => [field.name, field]));
  for (const name of given.keys())
    if (!BUCKET.includes(name)) throw new CommandError(40197, `Unrecognized option to $bucket: ${name}.`);
  const groupBy = given.get('groupBy');
  const list = given.get('boundaries');
  if (!groupBy || !list)
    throw new CommandError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  if (!isComputed(groupBy)) {
    const shown = formatValue(groupBy);
    throw new CommandError(
      40202,
      `The $bucket 'groupBy' field must be defined as a $-prefixed path or an expression, but found: ${shown}.`,
    );
  }
  const boundaries = parseBoundaries(list, variables);
  const otherwise =
    given.get('default') &&
    constantOf(given.get('default')!, 40195, "The $bucket 'default' field", variables);
  if (otherwise && within(otherwise, boundaries) !== undefined)
    throw new CommandError(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    );
  const output = given.get('output');
  if (output && output.type !== T.object)
    throw new CommandError(
      40196,
      `The $bucket 'output' field must be an object, but found type: ${typeName(output.type)}.`,
    );
  const outputs = output ? elementsOf(output).map((field) => parseOutput(field, variables)) : [COUNT];
  const value = variables.parse(groupBy);
  const group = grouping((root) => {
    const lower = within(value(root), boundaries) ?? otherwise;
    if (lower) return lower;
    throw new CommandError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  }, outputs);
  const sort = sorting(by('_id', 1), 0);
  return (docs) => sort(group(docs));
};

function constantOf(value: Element, code: number, what: string, variables: Variables): Value {
  const { constant: found } = variables.parse(value);
  if (!found)
    throw new CommandError(code, `${what} must be a constant expression, but found: ${formatValue(value)}.`);
  return found;
}

function parseBoundaries(list: Element, variables: Variables): Value[] {
  if (list.type !== T.array)
    throw new CommandError(
      40200,
      `The $bucket 'boundaries' field must be an array, but found type: ${typeName(list.type)}.`,
    );
  const what = "The $bucket 'boundaries' field";
  const values = elementsOf(list).map((item) => constantOf(item, 40191, what, variables));
  if (values.length < 2)
    throw new CommandError(
      40192,
      `${what} must have at least 2 values, but found ${values.length} value(s).`,
    );
  values.slice(1).forEach((value, i) => {
    if (rankOf(value.type) !== rankOf(values[i]!.type))
      throw new CommandError(
        40193,
        `All values in the the 'boundaries' option to $bucket must have the same type.`,
      );
    if (compareComputed(values[i]!, value) >= 0)
      throw new CommandError(
        40194,
        `The 'boundaries' option to $bucket must be sorted, but elements ${i} and ${i + 1} are not in ascending order`,
      );
  });
  return values;
}

/** The lower bound of the range that the value lies in. */
function within(value: Value, boundaries: readonly Value[]): Value | undefined {
  if (compareComputed(value, boundaries.at(-1)!) >= 0) return undefined;
  return boundaries.findLast((bound) => compareComputed(value, bound) >= 0);
}

const NOT_IN_FACET = [
  '$facet',
  '$collStats',
  '$indexStats',
  '$documents',
  '$geoNear',
  '$out',
  '$merge',
  '$changeStream',
];

/** `$facet`: the same documents through several pipelines, into one document. */
export const facet: StageParser = (stage, context) => {
  const fields = stage.type === T.object ? elementsOf(stage) : [];
  if (fields.length === 0)
    throw new CommandError(40169, 'the $facet specification must be a non-empty object');
  const facets = fields.map((field): readonly [string, Stage] => {
    if (field.type !== T.array)
      throw new CommandError(
        40170,
        `arguments to $facet must be arrays, ${field.name} is type ${typeName(field.type)}`,
      );
    if (field.name === '' || field.name.startsWith('$') || field.name.includes('.'))
      throw new CommandError(40179, `the facet's name '${field.name}' is not a valid field name`);
    const stages = elementsOf(field).map(stageElement);
    for (const { name } of stages) {
      if (NOT_IN_FACET.includes(name))
        throw new CommandError(40600, `${name} is not allowed to be used within a $facet stage`);
    }
    return [field.name, context.stages(stages)];
  });
  return function* (docs: Docs) {
    const memory = new Memory('$facet');
    const all: Buffer[] = [];
    for (const doc of docs) {
      memory.hold(doc.length);
      all.push(doc);
    }
    yield buildDocument((writer) => {
      for (const [name, run] of facets) writer.value(name, arrayValue([...run(all)].map(objectValue)));
    });
  };
};
