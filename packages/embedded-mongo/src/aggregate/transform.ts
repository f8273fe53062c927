import { formatValue } from '../bson/format.js';
import { T, typeName } from '../bson/types.js';
import { elementsOf, objectValue, readString, type Element, type Value } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import { parseProjection } from '../query/projection.js';
import { documentBytes } from './build.js';
import type { Variables } from './expression.js';
import { FieldRules, transform, type Transform } from './field-rules.js';
import { explained } from './operator.js';
import { stageElement } from './stage.js';

/** Parses `$addFields`/`$set`: every leaf is an expression. */
function parseAddFields(stage: Element, variables: Variables): Transform {
  if (stage.type !== T.object)
    throw new CommandError(
      40272,
      `${stage.name} specification stage must be an object, got ${typeName(stage.type)}`,
    );
  const fields = elementsOf(stage);
  if (fields.length === 0) throw new CommandError(40177, 'specification must have at least one field');
  const tree = new FieldRules();
  explained(`Invalid ${stage.name}`, () => {
    const paths = new Set<string>();
    for (const field of fields) addComputed(tree, paths, field.name, field, variables);
  });
  return transform(tree, 'add');
}

/** A document that is no expression stands for the fields below it, beside those that are there. */
function addComputed(
  tree: FieldRules,
  paths: Set<string>,
  path: string,
  value: Element,
  variables: Variables,
): void {
  const fields = value.type === T.object ? elementsOf(value) : undefined;
  if (!fields || fields[0]?.name.startsWith('$')) {
    assertNoConflict(paths, path);
    tree.insert(path, variables.parse(value));
    return;
  }
  if (fields.length === 0)
    throw new CommandError(40180, `an empty object is not a valid value. Found empty object at path ${path}`);
  for (const field of fields) {
    if (field.name.includes('.'))
      throw new CommandError(40183, `cannot use dotted field name '${field.name}' in a sub object`);
    addComputed(tree, paths, `${path}.${field.name}`, field, variables);
  }
}

function assertNoConflict(paths: Set<string>, path: string): void {
  for (const other of paths) {
    if (other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) {
      throw new CommandError(
        40176,
        `specification contains two conflicting paths. Cannot specify both '${path}' and '${other}'`,
      );
    }
  }
  paths.add(path);
}

/** Parses `$unset`: a field or a list of them. */
function parseUnset(stage: Element): Transform {
  const items = stage.type === T.array ? elementsOf(stage) : [stage];
  if (stage.type !== T.string && stage.type !== T.array)
    throw new CommandError(31002, '$unset specification must be a string or an array');
  if (items.length === 0)
    throw new CommandError(
      31119,
      '$unset specification must be a string or an array with at least one field',
    );
  const tree = new FieldRules();
  for (const item of items) {
    if (item.type !== T.string)
      throw new CommandError(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    tree.insert(readString(item), true);
  }
  return transform(tree, 'exclude');
}

/** Parses `$project`: inclusion with computed fields, or exclusion. */
function parseProject(stage: Element, variables: Variables): Transform {
  if (stage.type !== T.object) throw new CommandError(15969, '$project specification must be an object');
  return explained('Invalid $project', () => {
    const project = parseProjection(stage, { variables, stage: true });
    if (!project) throw new CommandError(51272, 'projection specification must have at least one field');
    return project;
  });
}

/** Parses `$replaceRoot` and `$replaceWith`. */
function parseReplace(stage: Element, variables: Variables): Transform {
  let source: Element = stage;
  if (stage.name === '$replaceRoot') {
    if (stage.type !== T.object)
      throw new CommandError(
        40229,
        `expected an object as specification for $replaceRoot stage, got ${typeName(stage.type)}`,
      );
    for (const field of elementsOf(stage)) {
      if (field.name !== 'newRoot')
        throw new CommandError(40415, `BSON field '$replaceRoot.${field.name}' is an unknown field.`);
      source = field;
    }
    if (source === stage) throw new CommandError(40231, 'no newRoot specified for the $replaceRoot stage');
  }
  const expression = variables.parse(source);
  return (doc) => {
    const value = expression(objectValue(doc));
    if (value.type !== T.object) throw notAnObject(value, doc);
    return documentBytes(value);
  };
}

function notAnObject(value: Value, doc: Buffer): CommandError {
  const shown = value.type === T.missing ? 'MISSING' : formatValue(value);
  return new CommandError(
    40228,
    `'newRoot' expression  must evaluate to an object, but resulting value was: ${shown}. Type of resulting value: '${typeName(value.type)}'. Input document: ${formatValue(objectValue(doc))}`,
  );
}

const UPDATE_STAGES = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'];

/** The transforming stages by name. */
export function parseTransform(stage: Element, variables: Variables): Transform {
  switch (stage.name) {
    case '$project':
      return parseProject(stage, variables);
    case '$unset':
      return parseUnset(stage);
    case '$replaceRoot':
    case '$replaceWith':
      return parseReplace(stage, variables);
    default:
      return parseAddFields(stage, variables);
  }
}

/** Parses an update given as a pipeline. */
export function parseUpdatePipeline(pipeline: Value, variables: Variables): Transform {
  const transforms = elementsOf(pipeline).map((item) => {
    const stage = stageElement(item);
    if (!UPDATE_STAGES.includes(stage.name))
      throw new CommandError(
        ErrorCode.InvalidOptions,
        `${stage.name} is not allowed to be used within an update`,
      );
    return parseTransform(stage, variables);
  });
  return (doc) => transforms.reduce((changed, apply) => apply(changed), doc);
}
