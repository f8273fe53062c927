import { badValue, CommandError, ErrorCode } from '../errors.js';
import type { Modifier } from './modifier.js';
import { isPosition } from './tree.js';

/** The operators of an update by the paths they touch; the order of a branch's children is the order of the work. */
export type UpdateNode = Branch | Leaf;

export class Leaf {
  readonly kind = 'leaf';
  constructor(readonly modifier: Modifier) {}
}

/** `fields`: children by the name of a field (`$` is the matched position). `elements`: by the identifier of `$[<id>]`. */
export class Branch {
  readonly children = new Map<string, UpdateNode>();
  private sorted: Ordered | undefined;

  constructor(readonly kind: 'fields' | 'elements') {}

  /** The children in MongoDB's order; where `$` and a name meet, at the position that the filter matched, two of them. */
  ordered(matched: string | undefined): readonly (readonly [string, readonly UpdateNode[]])[] {
    const positional = this.kind === 'fields' ? this.children.get('$') : undefined;
    if (!positional) return (this.sorted ??= inOrder(this.children));
    if (matched === undefined)
      throw badValue('The positional operator did not find the match needed from the query.');
    const children = new Map([...this.children].filter(([name]) => name !== '$' && name !== matched));
    const named = this.children.get(matched);
    return inOrder(children, [matched, named ? [positional, named] : [positional]]);
  }
}

type Ordered = (readonly [string, readonly UpdateNode[]])[];

function inOrder(children: ReadonlyMap<string, UpdateNode>, ...more: Ordered): Ordered {
  const all = [...children].map(([name, node]) => [name, [node]] as const);
  return [...all, ...more].sort(([a], [b]) => compareNames(a, b));
}

/** Names by their bytes, array positions by number. */
function compareNames(a: string, b: string): number {
  if (isPosition(a) && isPosition(b) && Number(a) !== Number(b)) return Number(a) - Number(b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The identifier of `$[<id>]`, empty for `$[]`; undefined for any other part. */
export function identifierOf(part: string): string | undefined {
  return part.startsWith('$[') && part.endsWith(']') ? part.slice(2, -1) : undefined;
}

/** Puts an operator at its path. Throws if another one is there, above or below. */
export function plant(root: Branch, parts: readonly string[], leaf: Leaf): void {
  let at = root;
  parts.slice(0, -1).forEach((part, i) => {
    const name = identifierOf(part) ?? part;
    const kind = identifierOf(parts[i + 1]!) === undefined ? 'fields' : 'elements';
    const child = at.children.get(name) ?? new Branch(kind);
    if (child.kind !== kind) throw conflict(parts, i + 1);
    at.children.set(name, child);
    at = child;
  });
  const name = identifierOf(parts.at(-1)!) ?? parts.at(-1)!;
  if (at.children.has(name)) throw conflict(parts, parts.length);
  at.children.set(name, leaf);
}

function conflict(parts: readonly string[], length: number): CommandError {
  return new CommandError(
    ErrorCode.ConflictingUpdateOperators,
    `Updating the path '${parts.join('.')}' would create a conflict at '${parts.slice(0, length).join('.')}'`,
  );
}

/** What two parts of an update do to one place: of the matched position and a named one, or of two identifiers. */
export function merge(left: UpdateNode, right: UpdateNode, path: readonly string[]): UpdateNode {
  if (left.kind === 'leaf' || right.kind === 'leaf' || left.kind !== right.kind) {
    throw new CommandError(
      ErrorCode.ConflictingUpdateOperators,
      `Update created a conflict at '${path.join('.')}'`,
    );
  }
  const merged = new Branch(left.kind);
  for (const [name, child] of left.children) merged.children.set(name, child);
  for (const [name, child] of right.children) {
    const other = merged.children.get(name);
    const part = left.kind === 'elements' ? `$[${name}]` : name;
    merged.children.set(name, other ? merge(other, child, [...path, part]) : child);
  }
  return merged;
}
