import { decimalText, readDecimal } from './decimal.js';
import { T } from './types.js';
import { elements, int32, nameEnd, readBool, readLong, readNumber, readString, type Value } from './value.js';

/** A value as MongoDB writes it into error messages: `{ a: 1, b: "x" }`. */
export function formatValue(value: Value): string {
  const { buf, start } = value;
  switch (value.type) {
    case T.double: {
      const number = readNumber(value);
      return Number.isInteger(number)
        ? `${number}.0`
        : String(number).replace('Infinity', 'inf').replace('NaN', 'nan');
    }
    case T.int:
      return String(readNumber(value));
    case T.long:
      return String(readLong(value));
    case T.string:
      return `"${readString(value)}"`;
    case T.object:
      return formatDocument(value);
    case T.array:
      return formatItems([...elements(buf, start)]);
    case T.binary:
      return `BinData(${buf[start + 4]}, ${buf.toString('hex', start + 5, value.end).toUpperCase()})`;
    case T.objectId:
      return `ObjectId('${buf.toString('hex', start, start + 12)}')`;
    case T.bool:
      return String(readBool(value));
    case T.date:
      return `new Date(${readLong(value)})`;
    case T.regex: {
      const middle = nameEnd(buf, start);
      return `/${buf.toString('utf8', start, middle)}/${buf.toString('utf8', middle + 1, value.end - 1)}`;
    }
    case T.timestamp:
      return `Timestamp(${int32(buf, start + 4) >>> 0}, ${int32(buf, start) >>> 0})`;
    case T.minKey:
      return 'MinKey';
    case T.maxKey:
      return 'MaxKey';
    case T.code:
      return readString(value);
    case T.decimal:
      return decimalText(readDecimal(value));
    default:
      return 'null';
  }
}

function formatItems(items: readonly Value[]): string {
  return items.length === 0 ? '[]' : `[ ${items.map(formatValue).join(', ')} ]`;
}

export function formatDocument(value: Value): string {
  const fields = [...elements(value.buf, value.start)].map((field) => `${field.name}: ${formatValue(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
