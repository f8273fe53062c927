import { dateValue, intValue, longValue, stringValue } from '../../bson/make.js';
import { isNumber, T, typeName } from '../../bson/types.js';
import { elementsOf, NULL, readBool, readString, type Element, type Value } from '../../bson/value.js';
import { CommandError, ErrorCode } from '../../errors.js';
import { documentValue } from '../build.js';
import {
  folded,
  isNullish,
  named,
  namedArguments,
  type Expression,
  type Operator,
  type Operators,
  type Scope,
} from '../operator.js';
import { DAY, dateFields, isoWeek, utc, type DateFields } from './calendar.js';
import { dateFormat, parseDateByFormat, parseDateText } from './date-text.js';
import { int32Of } from './numbers.js';
import { fixedOnly, requireMillis, UTC, zoneOf } from './zones.js';

/** An operator that takes one field out of a date: `{$year: date}` or `{$year: {date, timezone}}`. */
function part(read: (fields: DateFields) => Value): Operator {
  return (operand, scope) => {
    const { date, timezone } = dateAndZone(operand, scope);
    return folded(timezone ? [date, timezone] : [date], (root) => {
      const value = date(root);
      const zone = timezone?.(root);
      if (isNullish(value) || (zone && isNullish(zone))) return NULL;
      const millis = requireMillis(value);
      const offset = zone ? zoneOf(zone, operand.name).offsetAt(millis) : 0;
      return read(dateFields(millis, offset));
    });
  };
}

function dateAndZone(operand: Element, scope: Scope): { date: Expression; timezone?: Expression } {
  const { name } = operand;
  if (operand.type === T.array) {
    const [only, ...more] = elementsOf(operand);
    if (!only || more.length > 0) {
      const count = more.length + (only ? 1 : 0);
      throw new CommandError(
        40536,
        `${name} accepts exactly one argument if given an array, but was given ${count}`,
      );
    }
    return { date: scope.parse(only) };
  }
  if (operand.type !== T.object || elementsOf(operand)[0]?.name.startsWith('$'))
    return { date: scope.parse(operand) };
  const given = namedArguments(operand, ['date', 'timezone'], {
    notObject: 0,
    unknown: 40535,
    missing: [40539],
  });
  return {
    date: scope.parse(given.date!),
    ...(given.timezone ? { timezone: scope.parse(given.timezone) } : {}),
  };
}

/** A whole number argument; undefined if it is not given, an error if it is something else. */
function wholeNumber(value: Value, what: string, code: number): number {
  const number = isNumber(value.type) ? int32Of(value) : undefined;
  if (number === undefined)
    throw new CommandError(code, `${what} must evaluate to an integer, found ${typeName(value.type)} value`);
  return number;
}

/** Also in other zones than UTC: MongoDB 7.1 was the first to leave the Z out there. */
const STANDARD = '%Y-%m-%dT%H:%M:%S.%LZ';

const dateToString = named(
  ['date', 'format', 'timezone', 'onNull'],
  { notObject: 18629, unknown: 18534, missing: [18628] },
  ({ date, format, timezone, onNull }, name) => {
    if (isNullish(date!)) return onNull ?? NULL;
    if ((timezone && isNullish(timezone)) || (format && isNullish(format))) return NULL;
    if (format && format.type !== T.string)
      throw new CommandError(
        18533,
        `${name} requires that 'format' be a string, found: ${typeName(format.type)}`,
      );
    const zone = timezone ? zoneOf(timezone, name) : UTC;
    const millis = requireMillis(date!);
    const offset = zone.offsetAt(millis);
    return stringValue(dateFormat(format ? readString(format) : STANDARD)(millis, offset));
  },
);

const dateFromString = named(
  ['dateString', 'format', 'timezone', 'onError', 'onNull'],
  { notObject: 40540, unknown: 40541, missing: [40542] },
  ({ dateString, format, timezone, onError, onNull }, name) => {
    if (isNullish(dateString!)) return onNull ?? NULL;
    if ((timezone && isNullish(timezone)) || (format && isNullish(format))) return NULL;
    const zone = timezone ? fixedOnly(zoneOf(timezone, name), name) : 0;
    if (format && format.type !== T.string)
      throw new CommandError(
        40684,
        `${name} requires that 'format' be a string, found: ${typeName(format.type)}`,
      );
    let problem: string;
    if (dateString!.type === T.string) {
      const text = readString(dateString!);
      const millis = format ? parseDateByFormat(text, readString(format), zone) : parseDateText(text, zone);
      if (millis !== undefined) return dateValue(millis);
      problem = `Error parsing date string '${text}'`;
    } else problem = `${name} requires that 'dateString' be a string, found: ${typeName(dateString!.type)}`;
    if (onError) return onError;
    throw new CommandError(ErrorCode.ConversionFailure, problem);
  },
);

const dateToParts = named(
  ['date', 'timezone', 'iso8601'],
  { notObject: 40524, unknown: 40520, missing: [40522] },
  ({ date, timezone, iso8601 }, name) => {
    if (isNullish(date!) || (timezone && isNullish(timezone)) || (iso8601 && isNullish(iso8601))) return NULL;
    if (iso8601 && iso8601.type !== T.bool)
      throw new CommandError(40521, `iso8601 must evaluate to a bool, found ${typeName(iso8601.type)}`);
    const millis = requireMillis(date!);
    const fields = dateFields(millis, timezone ? zoneOf(timezone, name).offsetAt(millis) : 0);
    const { year, week } = isoWeek(fields);
    const day: [string, number][] =
      iso8601 && readBool(iso8601)
        ? [['isoWeekYear', year], ['isoWeek', week], ['isoDayOfWeek', fields.weekday || 7]] // prettier-ignore
        : [['year', fields.year], ['month', fields.month], ['day', fields.day]]; // prettier-ignore
    const time: [string, number][] = [
      ['hour', fields.hour],
      ['minute', fields.minute],
      ['second', fields.second],
      ['millisecond', fields.millis],
    ];
    return documentValue([...day, ...time].map(([field, value]) => [field, intValue(value)]));
  },
);

const PARTS = [
  'year', 'isoWeekYear', 'month', 'isoWeek', 'day', 'isoDayOfWeek', 'hour', 'minute', 'second', 'millisecond', 'timezone',
] as const; // prettier-ignore

const dateFromParts: Operator = (operand, scope) => {
  const given = namedArguments(operand, PARTS, { notObject: 40519, unknown: 40518, missing: [] });
  if (!given.year && !given.isoWeekYear)
    throw new CommandError(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  const iso = given.isoWeekYear !== undefined;
  if (iso && (given.year || given.month || given.day))
    throw new CommandError(40489, '$dateFromParts does not allow mixing natural dates with ISO dates');
  if (!iso && (given.isoWeek || given.isoDayOfWeek))
    throw new CommandError(40525, '$dateFromParts does not allow mixing natural dates with ISO dates');
  return named(PARTS, { notObject: 40519, unknown: 40518, missing: [] }, (values) => {
    if (Object.values(values).some((value) => isNullish(value))) return NULL;
    const read = (name: Exclude<(typeof PARTS)[number], 'timezone'>, otherwise: number) => {
      const value = values[name];
      if (!value) return otherwise;
      const number = wholeNumber(value, `'${name}'`, 40515);
      const [min, max] = /year/i.test(name) ? [1, 9999] : [-32768, 32767];
      if (number < min || number > max)
        throw new CommandError(
          min === 1 ? 40523 : 31034,
          `'${name}' must evaluate to an integer in the range ${min} to ${max}, found ${number}`,
        );
      return number;
    };
    let day: number;
    if (iso) {
      const fourth = new Date(utc(read('isoWeekYear', 1970), 0, 4));
      const monday = fourth.getTime() - ((fourth.getUTCDay() || 7) - 1) * DAY;
      day = monday + ((read('isoWeek', 1) - 1) * 7 + read('isoDayOfWeek', 1) - 1) * DAY;
    } else day = utc(read('year', 1970), read('month', 1) - 1, read('day', 1));
    const seconds = (read('hour', 0) * 60 + read('minute', 0)) * 60 + read('second', 0);
    const offset = values.timezone ? fixedOnly(zoneOf(values.timezone, operand.name), operand.name) : 0;
    return dateValue(day + seconds * 1000 + read('millisecond', 0) - offset * 60_000);
  })(operand, scope);
};

export const DATES: Operators = {
  $year: part((fields) => intValue(fields.year)),
  $month: part((fields) => intValue(fields.month)),
  $dayOfMonth: part((fields) => intValue(fields.day)),
  $dayOfWeek: part((fields) => intValue(fields.weekday + 1)),
  $dayOfYear: part((fields) => intValue(fields.dayOfYear)),
  $hour: part((fields) => intValue(fields.hour)),
  $minute: part((fields) => intValue(fields.minute)),
  $second: part((fields) => intValue(fields.second)),
  $millisecond: part((fields) => intValue(fields.millis)),
  $week: part((fields) => intValue(Math.floor((fields.dayOfYear + 6 - fields.weekday) / 7))),
  $isoWeek: part((fields) => intValue(isoWeek(fields).week)),
  $isoWeekYear: part((fields) => longValue(BigInt(isoWeek(fields).year))),
  $isoDayOfWeek: part((fields) => intValue(fields.weekday || 7)),
  $dateToString: dateToString,
  $dateFromString: dateFromString,
  $dateToParts: dateToParts,
  $dateFromParts: dateFromParts,
};
