import { T } from '../bson/types.js';
import { elements, elementsOf, findField, MISSING, readString, type Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, unsupported } from '../errors.js';
import { parsePath, type Path } from '../query/path.js';

/** Computes a value from a document; `MISSING` if there is none. */
export type Expression = (doc: Buffer) => Value;

/** Parses constants, field paths (`"$a.b"`), `$literal` and documents of these. Everything else is refused by name. */
export function parseExpression(value: Value): Expression {
  if (value.type === T.string) {
    const text = readString(value);
    if (!text.startsWith('$')) return () => value;
    if (text.startsWith('$$ROOT')) {
      if (text !== '$$ROOT') return fieldExpression(text.slice('$$ROOT.'.length));
      return (doc) => ({ buf: doc, type: T.object, start: 0, end: doc.length });
    }
    if (text.startsWith('$$')) throw unsupported(`the variable ${text}`);
    return fieldExpression(text.slice(1));
  }
  if (value.type === T.array) throw unsupported('an array expression');
  if (value.type !== T.object) return () => value;
  return documentExpression(value);
}

function fieldExpression(text: string): Expression {
  if (text === '' || text.split('.').includes(''))
    throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  const path = parsePath(text);
  return (doc) => atPath({ buf: doc, type: T.object, start: 0, end: doc.length }, path, 0);
}

/** Unlike in filters, a number is a field name here, and an array on the way gives the array of what is found. */
function atPath(value: Value, path: Path, depth: number): Value {
  if (depth === path.parts.length) return value;
  if (value.type === T.object) {
    const next = findField(value.buf, value.start, path.names[depth]!);
    return next ? atPath(next, path, depth + 1) : MISSING;
  }
  if (value.type !== T.array) return MISSING;
  const found = [...elements(value.buf, value.start)]
    .map((element) =>
      element.type === T.object || element.type === T.array ? atPath(element, path, depth) : MISSING,
    )
    .filter((element) => element.type !== T.missing);
  const buf = buildDocument((writer) => found.forEach((element, i) => writer.value(String(i), element)));
  return { buf, type: T.array, start: 0, end: buf.length };
}

function documentExpression(value: Value): Expression {
  const fields = elementsOf(value);
  if (fields[0]?.name === '$literal') return () => fields[0]!;
  if (fields[0]?.name.startsWith('$')) throw unsupported(`the expression ${fields[0].name}`);
  const parts = fields.map((field) => ({ name: field.name, expression: parseExpression(field) }));
  return (doc) => {
    const buf = buildDocument((writer) => {
      for (const { name, expression } of parts) {
        const result = expression(doc);
        if (result.type !== T.missing) writer.value(name, result);
      }
    });
    return { buf, type: T.object, start: 0, end: buf.length };
  };
}
