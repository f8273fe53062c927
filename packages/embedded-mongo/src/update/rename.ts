import { formatValue } from '../bson/format.js';
import { badValue, CommandError, ErrorCode } from '../errors.js';
import { ArrayNode, childOf, isPosition, openNode, toValue, type Node, type ObjectNode } from './tree.js';

/** The value that a `$rename` moves; undefined if it is not there. Neither path may lead through an array. */
export function renamedValue(
  root: ObjectNode,
  from: readonly string[],
  to: readonly string[],
  document: () => string,
): Node | undefined {
  let value: Node = root;
  for (const [i, part] of from.entries()) {
    const holder: Node | undefined = openNode(value);
    if (!holder || (holder instanceof ArrayNode && !isPosition(part))) {
      throw new CommandError(
        ErrorCode.PathNotViable,
        `cannot use the part (${from[i - 1]} of ${from.join('.')}) to traverse the element ({${from[i - 1]}: ${formatValue(toValue(value))}})`,
      );
    }
    const next = childOf(holder, part);
    if (!next) return undefined;
    value = next;
  }
  for (const [side, parts] of [
    ['source', from],
    ['destination', to],
  ] as const) {
    const array = arrayOn(root, parts);
    if (array === undefined) continue;
    throw badValue(
      `The ${side} field cannot be an array element, '${parts.join('.')}' in doc with ${document()} has an array field called '${array}'`,
    );
  }
  return value;
}

/** The name of the last array that a path leads through. */
function arrayOn(root: ObjectNode, parts: readonly string[]): string | undefined {
  let at: Node | undefined = root;
  let array: string | undefined;
  for (const part of parts.slice(0, -1)) {
    at = at && childOf(at, part);
    if (at && openNode(at) instanceof ArrayNode) array = part;
  }
  return array;
}
