import { compare } from './compare.js';
import { CODES, ModelError } from './model-error.js';
import { isIndex } from './path.js';
import { type Modifier, parseModifier } from './modifiers.js';
import { clone, identity, isDoc, type Doc, type Value } from './value.js';

/** One change of an update: a modifier at a path. */
interface Change {
  parts: string[];
  modifier: Modifier;
}

/**
 * An update made ready: errors that do not depend on a document are thrown here, in the order of the text.
 * A document without operators is a replacement.
 */
export class Update {
  readonly isReplacement: boolean;
  private readonly changes: Change[] = [];

  constructor(private readonly source: Doc) {
    const [first] = source.keys();
    this.isReplacement = first === undefined || !first.startsWith('$');
    if (this.isReplacement) return;
    const taken: string[][] = [];
    for (const [operator, fields] of source) {
      for (const [path, operand] of fields as Doc) {
        if (operator === '$rename') claim(taken, path.split('.'));
        const modifier = parseModifier(operator, path, operand);
        const parts = (modifier.target ?? path).split('.');
        claim(taken, parts);
        this.changes.push({ parts, modifier });
      }
    }
    this.changes.sort((left, right) => compareParts(left.parts, right.parts));
  }

  /**
   * The document after the update. `inserting` is true for the new document of an upsert.
   * @throws ModelError as MongoDB would for this document.
   */
  apply(before: Doc, inserting = false): Doc {
    const after = this.isReplacement ? this.replace(before) : this.modify(before, inserting);
    const id = before.get('_id');
    const newId = after.get('_id');
    if (id !== undefined && (newId === undefined || identity(newId) !== identity(id))) {
      throw new ModelError(CODES.immutableField, 'the _id would change');
    }
    return after;
  }

  private replace(before: Doc): Doc {
    const after = clone(this.source);
    const id = after.has('_id') ? after.get('_id') : before.get('_id');
    after.delete('_id');
    return id === undefined ? after : new Map([['_id', id], ...after]);
  }

  private modify(before: Doc, inserting: boolean): Doc {
    const after = clone(before);
    for (const { parts, modifier } of this.changes) {
      if (modifier.onlyOnInsert === true && !inserting) continue;
      if (modifier.source === undefined) change(after, parts, modifier);
      else rename(after, modifier.source, parts);
    }
    return after;
  }
}

function claim(taken: string[][], parts: string[]): void {
  for (const other of taken) {
    const shorter = Math.min(other.length, parts.length);
    if (other.slice(0, shorter).every((part, index) => part === parts[index])) {
      throw new ModelError(CODES.conflictingUpdateOperators, `conflict at ${parts.join('.')}`);
    }
  }
  taken.push(parts);
}

/** Updates go through the paths in this order, whatever the text's: numeric parts by number, others by bytes. */
function compareParts(left: string[], right: string[]): number {
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (isIndex(part) && isIndex(other)) return Number(part) - Number(other);
    return Buffer.compare(Buffer.from(part), Buffer.from(other));
  }
  return left.length - right.length;
}

/** Where a path ends in a document: as far as it exists, and whether the rest could be made there. */
interface Place {
  parent: Doc | Value[];
  depth: number;
  value?: Value;
  viable: boolean;
  throughArray: boolean;
}

function locate(document: Doc, parts: string[]): Place {
  let current: Value = document;
  let throughArray = false;
  for (const [depth, part] of parts.entries()) {
    const parent: Value = current;
    if (!isDoc(parent) && !Array.isArray(parent))
      return { parent: document, depth, viable: false, throughArray };
    if (Array.isArray(parent)) {
      throughArray = true;
      if (!isIndex(part)) return { parent, depth, viable: false, throughArray };
    }
    const value: Value | undefined = isDoc(parent) ? parent.get(part) : parent[Number(part)];
    if (value === undefined) return { parent, depth, viable: true, throughArray };
    if (depth === parts.length - 1) return { parent, depth, value, viable: true, throughArray };
    current = value;
  }
  throw new Error('a path has at least one part');
}

function change(document: Doc, parts: string[], modifier: Modifier): void {
  const place = locate(document, parts);
  if (place.value !== undefined) {
    put(place.parent, parts[parts.length - 1] as string, modifier.change(place.value));
    return;
  }
  if (!place.viable) {
    if (modifier.toleratesBadPath === true) return;
    throw new ModelError(CODES.pathNotViable, `no place for ${parts.join('.')}`);
  }
  const created = modifier.create?.();
  if (created !== undefined) build(place, parts, created);
}

function build(place: Place, parts: string[], value: Value): void {
  const below = parts
    .slice(place.depth + 1)
    .reduceRight<Value>((inner, part) => new Map([[part, inner]]), value);
  put(place.parent, parts[place.depth] as string, below);
}

/** `undefined` removes a field; in an array it leaves null, so that the other elements keep their places. */
function put(parent: Doc | Value[], part: string, value: Value | undefined): void {
  if (isDoc(parent)) {
    if (value === undefined) parent.delete(part);
    else parent.set(part, value);
    return;
  }
  const index = Number(part);
  while (parent.length < index) parent.push(null);
  parent[index] = value ?? null;
}

function rename(document: Doc, sourceParts: string[], targetParts: string[]): void {
  const from = locate(document, sourceParts);
  if (!from.viable) throw new ModelError(CODES.pathNotViable, `no way to ${sourceParts.join('.')}`);
  if (from.value === undefined) return;
  const to = locate(document, targetParts);
  if (from.throughArray || to.throughArray) throw new ModelError(CODES.badValue, '$rename through an array');
  if (!to.viable) throw new ModelError(CODES.pathNotViable, 'no place for the target of $rename');
  const value = from.value;
  if (to.value === undefined) build(to, targetParts, value);
  else if (compare(to.value, value) !== 0)
    put(to.parent, targetParts[targetParts.length - 1] as string, value);
  put(from.parent, sourceParts[sourceParts.length - 1] as string, undefined);
}
