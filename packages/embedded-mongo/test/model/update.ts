import {
  collisions,
  identifierOf,
  parseArrayFilters,
  resolve,
  type ArrayFilters,
  type Resolved,
} from './array-paths.js';
import { compare } from './compare.js';
import { CODES, ModelError } from './model-error.js';
import { isIndex } from './path.js';
import type { Modifier } from './modifier.js';
import { parseModifier } from './modifiers.js';
import { runPipeline } from './pipeline.js';
import { clone, identity, isDoc, type Doc, type Value } from './value.js';

/** One change of an update: a modifier at a path. */
interface Change {
  parts: string[];
  modifier: Modifier;
}

/**
 * An update made ready: errors that do not depend on a document are thrown here, in the order of the text.
 * A document without operators is a replacement, a list is a pipeline.
 */
export class Update {
  readonly isReplacement: boolean;
  private readonly changes: Change[] = [];
  private readonly filters: ArrayFilters;

  constructor(
    private readonly source: Doc | Doc[],
    arrayFilters: Doc[] = [],
  ) {
    const first = isDoc(source) ? [...source.keys()][0] : '$';
    this.isReplacement = first === undefined || !first.startsWith('$');
    this.filters = parseArrayFilters(arrayFilters);
    const unused = new Set(this.filters.keys());
    if (isDoc(source) && !this.isReplacement) this.parse(source, unused);
    if (unused.size > 0) throw new ModelError(CODES.failedToParse, 'an array filter is not used');
  }

  private parse(source: Doc, unused: Set<string>): void {
    const taken: string[][] = [];
    for (const [operator, fields] of source) {
      for (const [path, operand] of fields as Doc) {
        if (operator === '$rename') claim(taken, path.split('.'));
        const modifier = parseModifier(operator, path, operand);
        const parts = (modifier.target ?? path).split('.');
        for (const identifier of parts.map(identifierOf)) {
          if (identifier === undefined || identifier === '') continue;
          if (!this.filters.has(identifier))
            throw new ModelError(CODES.badValue, `no filter for ${identifier}`);
          unused.delete(identifier);
        }
        claim(taken, parts);
        this.changes.push({ parts, modifier });
      }
    }
  }

  /**
   * The document after the update. `inserting` is true for the new document of an upsert; `position` is what `$` means.
   * @throws ModelError as MongoDB would for this document.
   */
  run(before: Doc, inserting = false, position?: number): { after: Doc; modified: boolean } {
    if (!isDoc(this.source)) {
      const [document] = runPipeline(this.source, [clone(before)], []);
      return this.replace(before, document as Doc);
    }
    return this.isReplacement ? this.replace(before, this.source) : this.modify(before, inserting, position);
  }

  private replace(before: Doc, source: Doc): { after: Doc; modified: boolean } {
    const after = clone(source);
    const [id, given] = [before.get('_id'), after.get('_id')];
    if (Array.isArray(given)) throw new ModelError(CODES.notSingleValueField, 'an array as _id');
    if (id !== undefined && given !== undefined && compare(id, given) !== 0) {
      throw new ModelError(CODES.immutableField, 'the _id would change');
    }
    const modified = identity(after) !== identity(before);
    after.delete('_id');
    const kept = given === undefined ? id : given;
    return { after: kept === undefined ? after : new Map([['_id', kept], ...after]), modified };
  }

  private modify(before: Doc, inserting: boolean, position?: number): { after: Doc; modified: boolean } {
    const after = clone(before);
    const resolved = this.changes.flatMap(({ parts, modifier }) =>
      resolve(parts, before, this.filters, position).map((place) => ({ ...place, modifier })),
    );
    const steps: (Resolved & { modifier?: Modifier })[] = [...collisions(resolved), ...resolved];
    steps.sort((a, b) => compareParts(a.parts, b.parts));
    let modified = false;
    for (const { parts, template, code, modifier } of steps) {
      if (code !== undefined) throw new ModelError(code, `no way for ${template.join('.')}`);
      if (modifier === undefined) continue;
      if (modifier.onlyOnInsert === true && !inserting) continue;
      const changed =
        modifier.source === undefined
          ? change(after, parts, modifier)
          : rename(after, modifier.source, parts);
      if (changed && before.has('_id') && [parts[0], modifier.source?.[0]].includes('_id')) {
        throw new ModelError(CODES.immutableField, 'the _id would change');
      }
      modified ||= changed;
    }
    return { after, modified };
  }
}

function claim(taken: string[][], parts: string[]): void {
  for (const other of taken) {
    const shorter = Math.min(other.length, parts.length);
    const split = parts.slice(0, shorter).findIndex((part, index) => part !== other[index]);
    const mixed = [parts, other].map((path) => identifierOf(path[split] ?? '') !== undefined);
    if (split < 0 || mixed[0] !== mixed[1]) {
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

/** Each tells whether the document counts as modified. */
function change(document: Doc, parts: string[], modifier: Modifier): boolean {
  const place = locate(document, parts);
  if (place.value !== undefined) {
    const next = modifier.change(place.value);
    if (next === place.value) return false;
    put(place.parent, parts[parts.length - 1] as string, next);
    return true;
  }
  if (!place.viable) {
    if (modifier.toleratesBadPath === true) return false;
    throw new ModelError(CODES.pathNotViable, `no place for ${parts.join('.')}`);
  }
  const created = modifier.create?.();
  if (created === undefined) return false;
  build(place, parts, created);
  return true;
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

function rename(document: Doc, sourceParts: string[], targetParts: string[]): boolean {
  const from = locate(document, sourceParts);
  if (!from.viable) throw new ModelError(CODES.pathNotViable, `no way to ${sourceParts.join('.')}`);
  if (from.value === undefined) return false;
  const to = locate(document, targetParts);
  if (from.throughArray || to.throughArray) throw new ModelError(CODES.badValue, '$rename through an array');
  if (!to.viable) throw new ModelError(CODES.pathNotViable, 'no place for the target of $rename');
  const value = from.value;
  if (to.value === undefined) build(to, targetParts, value);
  else put(to.parent, targetParts[targetParts.length - 1] as string, value);
  put(from.parent, sourceParts[sourceParts.length - 1] as string, undefined);
  return true;
}
