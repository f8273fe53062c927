import { fieldName } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';

/** The field names of a dotted path, checked as MongoDB checks the paths of sorts, projections and expressions. */
export function parseFieldPath(text: string): Buffer[] {
  if (text === '') throw new CommandError(40352, 'FieldPath cannot be constructed with empty string');
  if (text.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.");
  const parts = text.split('.');
  if (parts.length > 200) throw new CommandError(ErrorCode.Overflow, 'FieldPath is too long');
  return parts.map((part) => {
    checkFieldName(part);
    return fieldName(part);
  });
}

/** One field name: not empty, without `$` in front and dots within. */
export function checkFieldName(name: string): void {
  if (name === '') throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) {
    throw new CommandError(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    );
  }
  if (name.includes('\0')) throw new CommandError(16411, "FieldPath field names may not contain '\\0'.");
  if (name.includes('.')) {
    throw new CommandError(
      16412,
      "FieldPath field names may not contain '.'. Consider using $getField or $setField.",
    );
  }
}
