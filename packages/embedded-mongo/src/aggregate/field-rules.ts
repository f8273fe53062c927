import { T } from '../bson/types.js';
import { elements, objectValue, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import { CommandError } from '../errors.js';
import { parseFieldPath } from '../query/field-path.js';
import type { Expression } from './operator.js';

/** Makes a new document from one. */
export type Transform = (doc: Buffer) => Buffer;

/** What becomes of the fields: kept alone, dropped, or added to all others. */
export type Mode = 'include' | 'exclude' | 'add';

/** A field that stays, changed if it is there. */
export class Changed {
  constructor(readonly change: (value: Value) => Value) {}
}

/** What is to be done with one field: keep or drop it as the mode says, compute it, change it, or go into it. */
export type Rule = true | Expression | Changed | FieldRules;

export class FieldRules {
  readonly rules = new Map<string, Rule>();
  /** Somewhere below a field is computed. */
  computed = false;

  insert(path: string, rule: Rule): void {
    parseFieldPath(path);
    this.insertParts(path.split('.'), rule, path);
  }

  private insertParts([name, ...rest]: string[], rule: Rule, path: string): void {
    const known = this.rules.get(name!);
    if (typeof rule === 'function') this.computed = true;
    if (rest.length === 0) {
      if (known) throw new CommandError(31250, `Path collision at ${path}`);
      this.rules.set(name!, rule);
      return;
    }
    if (known && !(known instanceof FieldRules))
      throw new CommandError(31249, `Path collision at ${path} remaining portion ${rest.join('.')}`);
    const below = known ?? new FieldRules();
    this.rules.set(name!, below);
    below.insertParts(rest, rule, path);
  }
}

const scratch = new BsonWriter(16 * 1024);

export function transform(rules: FieldRules, mode: Mode): Transform {
  return (doc) => {
    scratch.reset();
    const root = objectValue(doc);
    const mark = scratch.begin();
    writeFields(root, rules, mode, root);
    scratch.end(mark);
    return scratch.bytes();
  };
}

/** Writes the fields of `from` under the rules, then what is computed and not there yet, in the order of the rules. */
function writeFields(
  from: Value | undefined,
  { rules, computed }: FieldRules,
  mode: Mode,
  root: Value,
): void {
  const done = computed ? new Set<string>() : undefined;
  for (const field of from ? elements(from.buf, from.start) : []) {
    const rule = rules.get(field.name);
    if (rule === undefined || rule === true) {
      if ((rule === true) === (mode === 'include')) scratch.value(field.name, field);
    } else if (rule instanceof FieldRules) {
      if (writeInto(field.name, field, rule, mode, root)) done?.add(field.name);
    } else if (rule instanceof Changed) scratch.value(field.name, rule.change(field));
    else if (mode === 'add') {
      done!.add(field.name);
      writeComputed(field.name, rule(root));
    }
  }
  if (!done) return;
  for (const [name, rule] of rules) {
    if (done.has(name)) continue;
    if (typeof rule === 'function') writeComputed(name, rule(root));
    else if (rule instanceof FieldRules && rule.computed) writeFresh(name, rule, mode, root);
  }
}

function writeComputed(name: string, value: Value): void {
  if (value.type !== T.missing) scratch.value(name, value);
}

/** A document of nothing but the computed fields. */
function writeFresh(name: string, rules: FieldRules, mode: Mode, root: Value): void {
  const mark = scratch.beginObject(name);
  writeFields(undefined, rules, mode, root);
  scratch.end(mark);
}

/** Applies the rules to the documents in a value, arrays element by element. Returns whether anything was written. */
function writeInto(name: string, value: Value, rules: FieldRules, mode: Mode, root: Value): boolean {
  if (value.type === T.object) {
    const mark = scratch.beginObject(name);
    writeFields(value, rules, mode, root);
    scratch.end(mark);
  } else if (value.type === T.array) {
    const mark = scratch.beginArray(name);
    let index = 0;
    for (const element of elements(value.buf, value.start)) {
      if (writeInto(String(index), element, rules, mode, root)) index++;
    }
    scratch.end(mark);
  } else if (mode === 'add') writeFresh(name, rules, mode, root);
  else if (mode === 'exclude') scratch.value(name, value);
  else return false;
  return true;
}
