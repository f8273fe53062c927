import { isNumber, T, typeName } from '../bson/types.js';
import {
  elements,
  elementsOf,
  isTruthy,
  objectValue,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import { CommandError, ErrorCode } from '../errors.js';
import { formatValue } from '../bson/format.js';
import { documentBytes } from './build.js';
import { checkFieldName, type Variables } from './expression.js';
import { explained, type Expression } from './operator.js';
import { stageElement } from './stage.js';

/** Makes a new document from one. */
export type Transform = (doc: Buffer) => Buffer;

/** What becomes of the fields: kept alone, dropped, or added to all others. */
type Mode = 'include' | 'exclude' | 'add';

/** What is to be done with one field: keep or drop it as the mode says, compute it, or go into it. */
type Rule = true | Expression | Tree;

class Tree {
  readonly rules = new Map<string, Rule>();
  /** Somewhere below a field is computed. */
  computed = false;

  insert(path: string, rule: Rule): void {
    const [name, ...rest] = path.split('.') as [string, ...string[]];
    checkFieldName(name);
    const known = this.rules.get(name);
    if (rule !== true) this.computed = true;
    if (rest.length === 0) {
      if (known) throw new CommandError(31250, `Path collision at ${path}`);
      this.rules.set(name, rule);
      return;
    }
    if (known && !(known instanceof Tree))
      throw new CommandError(31249, `Path collision at ${path} remaining portion ${rest.join('.')}`);
    const tree = known ?? new Tree();
    this.rules.set(name, tree);
    tree.insert(rest.join('.'), rule);
  }
}

/** Parses `$addFields`/`$set`: every leaf is an expression. */
export function parseAddFields(stage: Element, variables: Variables): Transform {
  if (stage.type !== T.object)
    throw new CommandError(
      40272,
      `${stage.name} specification stage must be an object, got ${typeName(stage.type)}`,
    );
  const fields = elementsOf(stage);
  if (fields.length === 0) throw new CommandError(40177, 'specification must have at least one field');
  const tree = new Tree();
  explained(`Invalid ${stage.name}`, () => {
    for (const field of fields) addComputed(tree, field.name, field, variables);
  });
  return transform(tree, 'add');
}

function addComputed(tree: Tree, path: string, value: Element, variables: Variables): void {
  const fields = value.type === T.object ? elementsOf(value) : [];
  if (fields.length === 0 || fields[0]!.name.startsWith('$')) {
    checkPath(path);
    tree.insert(path, variables.parse(value));
  } else for (const field of fields) addComputed(tree, `${path}.${field.name}`, field, variables);
}

function checkPath(path: string): void {
  if (path === '') throw new CommandError(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.");
}

/** Parses `$unset`: a field or a list of them. */
export function parseUnset(stage: Element): Transform {
  const items = stage.type === T.array ? elementsOf(stage) : [stage];
  if (stage.type !== T.string && stage.type !== T.array)
    throw new CommandError(31002, '$unset specification must be a string or an array');
  if (items.length === 0)
    throw new CommandError(
      31119,
      '$unset specification must be a string or an array with at least one field',
    );
  const tree = new Tree();
  for (const item of items) {
    if (item.type !== T.string)
      throw new CommandError(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    const path = readString(item);
    checkPath(path);
    tree.insert(path, true);
  }
  return transform(tree, 'exclude');
}

interface Projected {
  readonly tree: Tree;
  readonly variables: Variables;
  include: boolean | undefined;
  id: boolean | undefined;
}

/** Parses `$project`: inclusion with computed fields, or exclusion. */
export function parseProject(stage: Element, variables: Variables): Transform {
  if (stage.type !== T.object) throw new CommandError(15969, '$project specification must be an object');
  const fields = elementsOf(stage);
  if (fields.length === 0) {
    throw new CommandError(
      51272,
      'Invalid $project :: caused by :: projection specification must have at least one field',
    );
  }
  const state: Projected = { tree: new Tree(), variables, include: undefined, id: undefined };
  explained('Invalid $project', () => {
    for (const field of fields) collect(state, field.name, field);
  });
  const include = state.include ?? state.id ?? true;
  const { rules } = state.tree;
  const nested = rules.has('_id');
  if (!nested && (include ? state.id !== false : state.id === false)) state.tree.insert('_id', true);
  return transform(state.tree, include ? 'include' : 'exclude');
}

function collect(state: Projected, path: string, value: Element): void {
  if (value.type === T.object) {
    const fields = elementsOf(value);
    if (fields.length === 0)
      throw new CommandError(
        51270,
        'An empty sub-projection is not a valid value. Found empty object at path',
      );
    if (!fields[0]!.name.startsWith('$')) {
      for (const field of fields) collect(state, `${path}.${field.name}`, field);
      return;
    }
  }
  checkPath(path);
  if (!isNumber(value.type) && value.type !== T.bool) {
    if (state.include === false)
      throw new CommandError(31252, 'Cannot use an expression other than $meta in exclusion projection');
    state.include = true;
    state.tree.insert(path, state.variables.parse(value));
    return;
  }
  const wanted = isTruthy(value);
  if (path === '_id') {
    if (state.id !== undefined || state.tree.rules.has('_id'))
      throw new CommandError(31250, 'Path collision at _id');
    state.id = wanted;
    return;
  }
  if (state.include !== undefined && state.include !== wanted) {
    const [kind, other] = wanted ? ['inclusion', 'exclusion'] : ['exclusion', 'inclusion'];
    throw new CommandError(
      wanted ? 31253 : 31254,
      `Cannot do ${kind} on field ${path} in ${other} projection`,
    );
  }
  state.include = wanted;
  state.tree.insert(path, true);
}

function transform(tree: Tree, mode: Mode): Transform {
  return (doc) => {
    const writer = new BsonWriter(doc.length + 256);
    const root = objectValue(doc);
    const mark = writer.begin();
    writeFields(writer, root, tree, mode, root);
    writer.end(mark);
    return writer.bytes();
  };
}

/** Writes the fields of `from` under the rules, then what is computed and not there yet, in the order of the rules. */
function writeFields(writer: BsonWriter, from: Value | undefined, tree: Tree, mode: Mode, root: Value): void {
  const done = new Set<string>();
  for (const field of from ? elements(from.buf, from.start) : []) {
    const rule = tree.rules.get(field.name);
    if (rule === undefined || rule === true) {
      if ((rule === true) === (mode === 'include')) writer.value(field.name, field);
    } else if (rule instanceof Tree) {
      if (writeInto(writer, field.name, field, rule, mode, root)) done.add(field.name);
    } else if (mode === 'add') {
      done.add(field.name);
      writeComputed(writer, field.name, rule(root));
    }
  }
  if (!tree.computed) return;
  for (const [name, rule] of tree.rules) {
    if (done.has(name) || rule === true) continue;
    if (!(rule instanceof Tree)) writeComputed(writer, name, rule(root));
    else if (rule.computed) writeFresh(writer, name, rule, mode, root);
  }
}

function writeComputed(writer: BsonWriter, name: string, value: Value): void {
  if (value.type !== T.missing) writer.value(name, value);
}

/** A document of nothing but the computed fields. */
function writeFresh(writer: BsonWriter, name: string, tree: Tree, mode: Mode, root: Value): void {
  const mark = writer.beginObject(name);
  writeFields(writer, undefined, tree, mode, root);
  writer.end(mark);
}

/** Applies the rules to the documents in a value, arrays element by element. Returns whether anything was written. */
function writeInto(
  writer: BsonWriter,
  name: string,
  value: Value,
  tree: Tree,
  mode: Mode,
  root: Value,
): boolean {
  if (value.type === T.object) {
    const mark = writer.beginObject(name);
    writeFields(writer, value, tree, mode, root);
    writer.end(mark);
  } else if (value.type === T.array) {
    const mark = writer.beginArray(name);
    let index = 0;
    for (const element of elements(value.buf, value.start)) {
      if (writeInto(writer, String(index), element, tree, mode, root)) index++;
    }
    writer.end(mark);
  } else if (mode === 'add') writeFresh(writer, name, tree, mode, root);
  else if (mode === 'exclude') writer.value(name, value);
  else return false;
  return true;
}

/** Parses `$replaceRoot` and `$replaceWith`. */
export function parseReplace(stage: Element, variables: Variables): Transform {
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
