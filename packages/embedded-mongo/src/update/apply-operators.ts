import { formatValue } from '../bson/format.js';
import { NULL } from '../bson/value.js';
import { badValue, CommandError, ErrorCode } from '../errors.js';
import type { ArrayFilters } from './array-filters.js';
import { REMOVED, type Modifier, type Where } from './modifier.js';
import { renamedValue } from './rename.js';
import {
  ArrayNode,
  childOf,
  createAt,
  isPosition,
  ObjectNode,
  openNode,
  setChild,
  toValue,
  type Node,
} from './tree.js';
import { merge, type Branch, type UpdateNode } from './update-tree.js';

export interface Task {
  readonly tree: Branch;
  readonly filters: ArrayFilters;
  /** The position of the array element that the filter matched. */
  readonly matched?: string;
  /** The document is the new one of an upsert. */
  readonly inserting: boolean;
}

/** Changes an opened document. Returns whether it counts as modified. */
export function applyOperators(root: ObjectNode, task: Task): boolean {
  const run = new Run(root, task);
  run.branch(task.tree, root, [], []);
  return run.modified;
}

class Run {
  modified = false;
  private readonly id: Node | undefined;

  constructor(
    private readonly root: ObjectNode,
    private readonly task: Task,
  ) {
    this.id = root.fields.get('_id');
  }

  /** `at` is the last place on the path that exists, `taken` the way to it, `missing` what is to follow. */
  branch(branch: Branch, at: Node, taken: readonly string[], missing: readonly string[]): void {
    if (branch.kind === 'elements') return this.elements(branch, at, taken, missing);
    let [place, way, rest] = [at, taken, missing];
    for (const [name, nodes] of branch.ordered(this.task.matched)) {
      // What was missing may have been made for the child before.
      for (let made; rest.length > 0 && (made = childOf(place, rest[0]!));) {
        [place, way, rest] = [made, [...way, rest[0]!], rest.slice(1)];
      }
      this.visit(nodes, place, name, way, rest);
    }
  }

  private visit(
    nodes: readonly UpdateNode[],
    at: Node,
    name: string,
    taken: readonly string[],
    missing: readonly string[],
  ): void {
    const node = nodes.reduce((left, right) => merge(left, right, [...taken, ...missing, name]));
    const found = missing.length === 0 ? childOf(at, name) : undefined;
    if (node.kind === 'leaf') {
      this.leaf(node.modifier, at, taken, [...missing, name], found);
    } else if (!found) {
      this.branch(node, at, taken, [...missing, name]);
    } else {
      const opened = openNode(found);
      if (opened && opened !== found) setChild(at as ObjectNode | ArrayNode, name, opened);
      this.branch(node, opened ?? found, [...taken, name], []);
    }
  }

  /** Which elements are meant is decided for all of them before the first one is changed. */
  private elements(branch: Branch, at: Node, taken: readonly string[], missing: readonly string[]): void {
    if (missing.length > 0) {
      throw badValue(
        `The path '${[...taken, ...missing].join('.')}' must exist in the document in order to apply array updates.`,
      );
    }
    if (!(at instanceof ArrayNode)) {
      throw badValue(
        `Cannot apply array updates to non-array element ${taken.at(-1)}: ${formatValue(toValue(at))}`,
      );
    }
    const updates = branch.ordered(undefined);
    const chosen = at.items.map((item) =>
      updates.filter(([id]) => id === '' || this.task.filters.get(id)!(toValue(item))),
    );
    chosen.forEach((matching, i) => {
      if (matching.length === 0) return;
      this.visit(
        matching.flatMap(([, nodes]) => nodes),
        at,
        String(i),
        taken,
        [],
      );
    });
  }

  private leaf(
    modifier: Modifier,
    at: Node,
    taken: readonly string[],
    missing: readonly string[],
    found: Node | undefined,
  ): void {
    if (modifier.onInsertOnly && !this.task.inserting) return;
    const parts = [...taken, ...missing];
    const name = missing[0]!;
    if (modifier.from) {
      const moved = renamedValue(this.root, modifier.from, parts, () => this.document());
      if (!moved) return;
      this.put(at, parts, missing, moved);
      this.remove(modifier.from);
    } else if (found) {
      const next = modifier.change(found, this.where(parts));
      if (next === REMOVED) this.removeChild(at as ObjectNode | ArrayNode, name, parts);
      else if (next) this.put(at, parts, missing, next);
    } else if (modifier.create) {
      this.put(at, parts, missing, modifier.create());
    } else if (!modifier.anyPath && !(at instanceof ObjectNode)) {
      if (at instanceof ArrayNode && isPosition(name)) return;
      throw new CommandError(
        ErrorCode.PathNotViable,
        `Cannot use the part (${name}) of (${parts.join('.')}) to traverse the element ({${taken.at(-1)}: ${formatValue(toValue(at))}})`,
      );
    }
  }

  private where(parts: readonly string[]): Where {
    return { path: parts.join('.'), field: parts.at(-1)!, document: () => this.document() };
  }

  private document(): string {
    return this.id ? `_id: ${formatValue(toValue(this.id))}` : 'no id';
  }

  private put(at: Node, parts: readonly string[], missing: readonly string[], value: Node): void {
    const [top] = parts;
    if (top!.startsWith('$') && !this.task.inserting) throw dollarPrefixed(top!);
    createAt(at, parts, missing, value);
    this.touch(parts);
  }

  private remove(parts: readonly string[]): void {
    let at: ObjectNode | ArrayNode = this.root;
    for (const part of parts.slice(0, -1)) {
      const opened: ObjectNode | ArrayNode = openNode(childOf(at, part)!)!;
      setChild(at, part, opened);
      at = opened;
    }
    this.removeChild(at, parts.at(-1)!, parts);
  }

  /** An array keeps a null in the element's place. */
  private removeChild(at: ObjectNode | ArrayNode, name: string, parts: readonly string[]): void {
    if (at instanceof ObjectNode) at.fields.delete(name);
    else setChild(at, name, NULL);
    this.touch(parts);
  }

  private touch(parts: readonly string[]): void {
    if (parts[0] === '_id' && this.id) {
      throw new CommandError(
        ErrorCode.ImmutableField,
        `Performing an update on the path '${parts.join('.')}' would modify the immutable field '_id'`,
      );
    }
    this.modified = true;
  }
}

/** Only an insert may bring a field of the document whose name begins with `$`. */
export function dollarPrefixed(name: string): CommandError {
  return new CommandError(
    ErrorCode.DollarPrefixedFieldName,
    `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
  );
}
