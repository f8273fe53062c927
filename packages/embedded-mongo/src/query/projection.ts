import { arrayValue } from '../aggregate/build.js';
import { Variables } from '../aggregate/expression.js';
import { FieldRules, transform, type Transform } from '../aggregate/field-rules.js';
import { setPath } from '../aggregate/set-path.js';
import { isNumber, T } from '../bson/types.js';
import {
  elementsOf,
  fieldName,
  findField,
  isTruthy,
  objectValue,
  type Element,
  type Value,
} from '../bson/value.js';
import { CommandError, unsupported } from '../errors.js';
import { compileMatchedPosition } from '../update/matched-position.js';
import type { Filter } from './filter.js';
import { parseElemMatchProjection, parseSlice } from './projection-operators.js';

/** Makes the projected document, or gives the stored bytes back where there is nothing to do. */
export type Projection = Transform;

export interface ProjectionContext {
  /** The variables of the command's `let`. */
  readonly variables?: Variables;
  /** What found the documents: the positional operator takes the element that it matched. */
  readonly filter?: Filter;
  /** A stage of a pipeline knows neither `$slice` and `$elemMatch` of find nor the positional operator. */
  readonly stage?: boolean;
}

/** Parses a projection: inclusion with computed fields, or exclusion; dotted or nested. An empty one is none. */
export function parseProjection(
  value: Value | undefined,
  context: ProjectionContext = {},
): Projection | undefined {
  const fields = value ? elementsOf(value) : [];
  if (fields.length === 0) return undefined;
  return new Parser(context).run(fields);
}

class Parser {
  private readonly rules = new FieldRules();
  private known: Variables | undefined;
  private include: boolean | undefined;
  private id: boolean | undefined;
  private hasElemMatch = false;
  private positional: string | undefined;

  constructor(private readonly context: ProjectionContext) {}

  run(fields: readonly Element[]): Projection {
    for (const field of fields) this.field(field.name, field);
    const include = this.include ?? (this.hasElemMatch || (this.id ?? false));
    if (!include && this.hasElemMatch) throw unsupported('$elemMatch in a projection by exclusion');
    const own = include ? this.id !== false : this.id === false;
    if (own && !this.rules.rules.has('_id')) this.rules.insert('_id', true);
    const project = transform(this.rules, include ? 'include' : 'exclude');
    return this.positional === undefined ? project : this.withPosition(project, this.positional);
  }

  private field(path: string, value: Element): void {
    if (value.type === T.object) {
      const inner = elementsOf(value);
      if (inner.length === 0) {
        throw new CommandError(
          51270,
          `An empty sub-projection is not a valid value. Found empty object at path ${path}`,
        );
      }
      if (inner[0]!.name.startsWith('$')) this.operator(path, value, inner);
      else for (const field of inner) this.field(`${path}.${field.name}`, field);
    } else if (isNumber(value.type) || value.type === T.bool) this.flag(path, isTruthy(value));
    else {
      if (path.endsWith('.$'))
        throw new CommandError(31308, 'positional projection cannot be used with a literal');
      if (this.include === false) {
        throw new CommandError(31310, `Cannot use an expression ${path} in an exclusion projection`);
      }
      this.compute(path, value);
    }
  }

  private flag(path: string, wanted: boolean): void {
    if (path === '_id') {
      if (this.id !== undefined || this.rules.rules.has('_id'))
        throw new CommandError(31250, 'Path collision at _id');
      this.id = wanted;
      return;
    }
    if (!this.context.stage && path.split('.').includes('$')) return this.position(path, wanted);
    this.setMode(path, wanted);
    this.rules.insert(path, true);
  }

  private setMode(path: string, wanted: boolean): void {
    if (this.include !== undefined && this.include !== wanted) {
      const [kind, other] = wanted ? ['inclusion', 'exclusion'] : ['exclusion', 'inclusion'];
      throw new CommandError(
        wanted ? 31253 : 31254,
        `Cannot do ${kind} on field ${path} in ${other} projection`,
      );
    }
    this.include = wanted;
  }

  private position(path: string, wanted: boolean): void {
    if (path.indexOf('.$') !== path.length - 2) {
      throw new CommandError(
        31394,
        "As of 4.4, it's illegal to specify positional operator in the middle of a path.Positional projection may only be used at the end, for example: a.b.$. If the query previously used a form like a.b.$.d, remove the parts following the '$' and the results will be equivalent.",
      );
    }
    if (!wanted) throw new CommandError(31395, 'positional projection cannot be used with exclusion');
    if (this.positional !== undefined)
      throw new CommandError(31276, 'Cannot specify more than one positional projection per query.');
    if (this.hasElemMatch) throw new CommandError(31256, 'Cannot specify positional operator and $elemMatch');
    if (!this.context.filter)
      throw new CommandError(51050, 'Projections with a positional operator require a matcher');
    this.positional = path.slice(0, -2);
    this.setMode(this.positional, true);
    this.rules.insert(this.positional, true);
  }

  private operator(path: string, value: Element, [first, ...more]: readonly Element[]): void {
    const { name } = first!;
    const forFind = !this.context.stage && more.length === 0;
    if (name === '$meta') throw unsupported('$meta in a projection');
    if (forFind && name === '$elemMatch') {
      if (path.includes('.'))
        throw new CommandError(31255, 'Cannot use $elemMatch projection on a nested field');
      if (this.positional !== undefined)
        throw new CommandError(31256, 'Cannot specify positional operator and $elemMatch');
      this.hasElemMatch = true;
      this.rules.insert(path, parseElemMatchProjection(path, first!));
      return;
    }
    const slice = forFind && name === '$slice' ? parseSlice(first!) : undefined;
    if (slice) return this.rules.insert(path, slice);
    if (this.include === false)
      throw new CommandError(31252, 'Cannot use an expression other than $meta in exclusion projection');
    this.compute(path, value);
  }

  private compute(path: string, value: Element): void {
    this.include = true;
    this.known ??= this.context.variables ?? Variables.ofCommand();
    this.rules.insert(path, this.known.parse(value));
  }

  /** Keeps of the outermost array on the path only the element by which the filter matched. */
  private withPosition(project: Projection, path: string): Projection {
    const names = path.split('.').map(fieldName);
    const positionOf = compileMatchedPosition(this.context.filter!);
    return (doc) => {
      const projected = project(doc);
      const [array, depth] = outermostArray(projected, names);
      if (!array) return projected;
      const items = elementsOf(array);
      const before = outermostArray(doc, names)[0];
      const position = positionOf(doc);
      if (position === undefined) {
        throw new CommandError(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      if (position >= items.length)
        throw new CommandError(51247, "positional operator '.$' element mismatch");
      if (elementsOf(before!).length !== items.length)
        throw unsupported('a positional projection of an array of which elements are left out');
      return setPath(projected, names.slice(0, depth), arrayValue([items[position]!]));
    };
  }
}

function outermostArray(doc: Buffer, names: readonly Buffer[]): [array: Value | undefined, depth: number] {
  let value: Value = objectValue(doc);
  for (const [depth, name] of names.entries()) {
    const next = findField(value.buf, value.start, name);
    if (next?.type === T.array) return [next, depth + 1];
    if (next?.type !== T.object) break;
    value = next;
  }
  return [undefined, 0];
}
