import { formatValue } from '../bson/format.js';
import { T, typeName } from '../bson/types.js';
import {
  elements,
  elementsOf,
  NULL,
  objectValue,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { parsePath, somePathValue, type Path } from '../query/path.js';
import { arrayValue } from './build.js';
import { parseFieldPath } from '../query/field-path.js';
import type { Expression, Variable } from './operator.js';
import { setPath } from './set-path.js';
import { stageElement, type PipelineContext, type StageParser } from './stage.js';

const FIELDS = ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'];
/** What one document may be joined with. */
const MAX_JOINED = 16_793_600;

function failed(message: string): CommandError {
  return new CommandError(ErrorCode.FailedToParse, message);
}

/** `$lookup` by fields, by a pipeline, or both. */
export const lookup: StageParser = (stage, context) => {
  if (stage.type !== T.object) throw failed('the $lookup specification must be an Object');
  const given = new Map(elementsOf(stage).map((field) => [field.name, field]));
  for (const [name, value] of given) {
    if (!FIELDS.includes(name)) throw failed(`unknown argument to $lookup: ${name}`);
    const wanted = name === 'let' ? T.object : name === 'pipeline' ? T.array : T.string;
    if (value.type !== wanted) {
      const found = `${name}: ${formatValue(value)}: ${typeName(value.type)}`;
      throw failed(`$lookup argument '${name}' must be ${article(wanted)}, found ${found}`);
    }
  }
  const text = (name: string) => given.get(name) && readString(given.get(name)!);
  const [from, as, local, foreign] = ['from', 'as', 'localField', 'foreignField'].map(text);
  if (from === undefined)
    throw failed(`missing 'from' option to $lookup stage specification: ${formatValue(stage)}`);
  if (as === undefined) throw failed("must specify 'as' field for a $lookup");
  if ((local === undefined) !== (foreign === undefined))
    throw failed("$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  if (given.has('let') && !given.has('pipeline'))
    throw failed("$lookup with a 'let' argument must also specify 'pipeline'");
  if (!given.has('pipeline') && local === undefined)
    throw failed(
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  const asPath = parseFieldPath(as);
  const join =
    local === undefined ? undefined : { local: checkedPath(local), foreign: checkedPath(foreign!) };
  const { bind, run } = joined(from, given.get('let'), given.get('pipeline'), context);
  return function* (docs) {
    for (const doc of docs) {
      bind(objectValue(doc));
      const found: Value[] = [];
      let bytes = 0;
      for (const match of run(join && matching(doc, join.local, join.foreign))) {
        bytes += match.length;
        if (bytes > MAX_JOINED) {
          throw new CommandError(
            4568,
            `Total size of documents in ${from} matching pipeline's $lookup stage exceeds ${MAX_JOINED} bytes`,
          );
        }
        found.push(objectValue(match));
      }
      yield setPath(doc, asPath, arrayValue(found));
    }
  };
};

function article(type: number): string {
  return type === T.object ? 'an object' : type === T.array ? 'an array' : 'a string';
}

function checkedPath(text: string): Path {
  parseFieldPath(text);
  return parsePath(text);
}

/** The pipeline over the other collection; `bind` gives its variables their values of one document. */
function joined(
  from: string,
  given: Element | undefined,
  pipeline: Element | undefined,
  context: PipelineContext,
) {
  const variables: Record<string, Variable> = {};
  const sets: { variable: Variable; input: Expression }[] = [];
  for (const field of given ? elementsOf(given) : []) {
    const input = context.variables.parse(field);
    const variable: Variable = { value: NULL };
    variables[field.name] = variable;
    sets.push({ variable, input });
  }
  const stages = pipeline ? elementsOf(pipeline).map(stageElement) : [];
  const run = context.over(from, stages, context.variables.define(variables));
  const bind = (root: Value) => {
    for (const { variable, input } of sets) variable.value = input(root);
  };
  return { bind, run };
}

/** What the other collection's field must be: one of the local values, null where there are none. */
function matching(doc: Buffer, local: Path, foreign: Path): Filter {
  const values: Value[] = [];
  const collect = (value: Value) => {
    if (value.type === T.array) for (const element of elements(value.buf, value.start)) values.push(element);
    else if (value.type !== T.missing) values.push(value);
    return false;
  };
  somePathValue(doc, 0, local, collect, false);
  if (values.length <= 1) return { op: 'eq', path: foreign, value: values[0] ?? NULL };
  return { op: 'in', path: foreign, values, patterns: [] };
}

/** `$unionWith`: behind the documents those of another collection. */
export const unionWith: StageParser = (stage, context) => {
  const fields = stage.type === T.object ? elementsOf(stage) : [];
  for (const { name } of fields) {
    if (name !== 'coll' && name !== 'pipeline')
      throw new CommandError(40415, `BSON field '$unionWith.${name}' is an unknown field.`);
  }
  const collection = stage.type === T.string ? stage : fields.find(({ name }) => name === 'coll');
  if (stage.type !== T.object && stage.type !== T.string) {
    throw failed(
      `the $unionWith stage specification must be an object or string, but found ${typeName(stage.type)}`,
    );
  }
  const pipeline = fields.find(({ name }) => name === 'pipeline');
  if (collection?.type !== T.string) throw failed("the $unionWith stage needs 'coll' to be a string");
  if (pipeline && pipeline.type !== T.array)
    throw failed("the $unionWith stage needs 'pipeline' to be an array");
  const stages = pipeline ? elementsOf(pipeline).map(stageElement) : [];
  const others = context.over(readString(collection), stages, context.variables);
  return function* (docs) {
    yield* docs;
    yield* others();
  };
};
