import { CommandError, unsupported } from '../../errors.js';
import { dateFields, fixedOffset, isoWeek, pad, type DateFields } from './calendar.js';

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?(?:\d\d)?)?$/i;

/** The milliseconds of a date in ISO form; undefined if it is none. Other forms are refused, `zone` is for text without one. */
export function parseDateText(text: string, zone = 0): number | undefined {
  const match = ISO.exec(text);
  if (!match) {
    // MongoDB reads many more forms; to call them wrong would be a different answer.
    if (/\d/.test(text) && /^[\w\s:.,/+()@-]+$/.test(text)) throw unsupported(`the date format of '${text}'`);
    return undefined;
  }
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = match;
  const parts = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const millis = Math.floor(Number(`0.${fraction || '0'}`) * 1000 + 1e-6);
  return millisOf(parts, millis, offset ? fixedOffset(offset.toUpperCase())! : zone);
}

type Parts = readonly [number, number, number, number, number, number];

/** Undefined if a part is out of its range. */
function millisOf(
  [year, month, day, hour, minute, second]: Parts,
  millis: number,
  offset: number,
): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  return date.setUTCHours(hour, minute, second, millis) - offset * 60_000;
}

const READ: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  H: '(?<H>\\d{1,2})',
  M: '(?<M>\\d{1,2})',
  S: '(?<S>\\d{1,2})',
  L: '(?<L>\\d{1,3})',
  z: '(?<z>Z|[+-]\\d\\d:?(?:\\d\\d)?)',
  '%': '%',
};

/** Reads a date in a given format; undefined if it does not fit. */
export function parseDateByFormat(text: string, format: string, zone: number): number | undefined {
  const pattern = format.replace(/%(.)|[^%]/gs, (whole, specifier: string | undefined) => {
    if (specifier === undefined) return whole.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const part = READ[specifier];
    if (part === undefined) throw unsupported(`%${specifier} in the format of $dateFromString`);
    return part;
  });
  const found = new RegExp(`^${pattern}$`).exec(text)?.groups;
  if (!found?.Y || !found.m || !found.d) return undefined;
  const parts = ['Y', 'm', 'd', 'H', 'M', 'S'].map((name) => Number(found[name] ?? 0));
  const millis = found.L ? Math.floor(Number(`0.${found.L}`) * 1000 + 1e-6) : 0;
  return millisOf(parts as unknown as Parts, millis, found.z ? fixedOffset(found.z)! : zone);
}

type Write = (fields: DateFields) => string;

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

const WRITE: Readonly<Record<string, Write>> = {
  Y: (fields) => year(fields.year),
  m: (fields) => pad(fields.month, 2),
  d: (fields) => pad(fields.day, 2),
  H: (fields) => pad(fields.hour, 2),
  M: (fields) => pad(fields.minute, 2),
  S: (fields) => pad(fields.second, 2),
  L: (fields) => pad(fields.millis, 3),
  j: (fields) => pad(fields.dayOfYear, 3),
  w: (fields) => String(fields.weekday + 1),
  u: (fields) => String(fields.weekday || 7),
  U: (fields) => pad(Math.floor((fields.dayOfYear + 6 - fields.weekday) / 7), 2),
  G: (fields) => year(isoWeek(fields).year),
  V: (fields) => pad(isoWeek(fields).week, 2),
  b: (fields) => MONTHS[fields.month - 1]!.slice(0, 3),
  B: (fields) => MONTHS[fields.month - 1]!,
  z: ({ offset }) => {
    const size = Math.abs(offset);
    return `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}${pad(size % 60, 2)}`;
  },
  Z: ({ offset }) => (offset < 0 ? '-' : '+') + String(Math.abs(offset)).padStart(3, '0'),
  '%': () => '%',
};

function year(value: number): string {
  if (value < 0 || value > 9999) {
    throw new CommandError(
      18537,
      'Could not convert date to string: date component was outside the supported range of 0-9999',
    );
  }
  return pad(value, 4);
}

/** Parses a format of `$dateToString` into its writer. */
export function dateFormat(format: string): (millis: number, offset: number) => string {
  const parts: (string | Write)[] = [];
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== '%') parts.push(format[i]!);
    else {
      const specifier = format[++i];
      if (specifier === undefined) throw new CommandError(18535, "Unmatched '%' at end of format string");
      const write = WRITE[specifier];
      if (!write) throw new CommandError(18536, `Invalid format character '%${specifier}' in format string`);
      parts.push(write);
    }
  }
  return (millis, offset) => {
    const fields = dateFields(millis, offset);
    return parts.map((part) => (typeof part === 'string' ? part : part(fields))).join('');
  };
}
