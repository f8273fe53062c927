import { dateValue, longValue } from '../../bson/make.js';
import { isNumber, T, typeName } from '../../bson/types.js';
import { NULL, readNumber, readString, type Value } from '../../bson/value.js';
import { CommandError, ErrorCode, unsupported } from '../../errors.js';
import { isNullish, named, type Operator, type Operators } from '../operator.js';
import { DAY, dateFields, utc } from './calendar.js';
import { wholeOf } from './numbers.js';
import { fixedOnly, millisOfDate, zoneOf } from './zones.js';

/** Units of one length. */
const LENGTHS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY,
  week: 7 * DAY,
};
/** Units of so many months. */
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function unitOf(value: Value, code: number, operator: string): string {
  if (value.type !== T.string)
    throw new CommandError(
      code,
      `${operator} requires 'unit' to be a string, but got ${typeName(value.type)}`,
    );
  const unit = readString(value);
  if (!Object.hasOwn(LENGTHS, unit) && !Object.hasOwn(MONTHS, unit))
    throw new CommandError(ErrorCode.FailedToParse, `unknown time unit value: ${unit}`);
  return unit;
}

function weekStart(value: Value | undefined, code: number, operator: string): number {
  if (!value) return 0;
  if (value.type !== T.string)
    throw new CommandError(
      code,
      `${operator} requires 'startOfWeek' to be a string, but got ${typeName(value.type)}`,
    );
  const text = readString(value).toLowerCase();
  const day = WEEKDAYS.findIndex((name) => name === text || name.slice(0, 3) === text);
  if (day < 0)
    throw new CommandError(ErrorCode.FailedToParse, `unknown day of week value: ${readString(value)}`);
  return day;
}

function dateOf(value: Value, name: string, code: number, operator: string): number {
  const millis = millisOfDate(value);
  if (millis === undefined)
    throw new CommandError(
      code,
      `${operator} requires '${name}' to be a date, but got ${typeName(value.type)}`,
    );
  return millis;
}

function offsetOf(zone: Value | undefined, operator: string): number {
  return zone ? fixedOnly(zoneOf(zone, operator), operator) * 60_000 : 0;
}

/** The date `amount` units later; months keep the day where it exists, else take the month's last. */
function shift(local: number, unit: string, amount: number): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return local + amount * length;
  const fields = dateFields(local, 0);
  const month = fields.month - 1 + amount * MONTHS[unit]!;
  const last = new Date(utc(fields.year, month + 1, 0)).getUTCDate();
  const day = Math.min(fields.day, last);
  return utc(fields.year, month, day) + (((local % DAY) + DAY) % DAY);
}

function adding(sign: 1 | -1): Operator {
  const codes = { notObject: 5166400, unknown: 5166401, missing: [5166402, 5166402, 5166402] };
  return named(['startDate', 'unit', 'amount', 'timezone'], codes, (values, name) => {
    const { startDate, unit, amount, timezone } = values;
    if (Object.values(values).some((value) => isNullish(value))) return NULL;
    const start = dateOf(startDate!, 'startDate', 5166403, name);
    const kind = unitOf(unit!, 5166404, name);
    const number = isNumber(amount!.type) && amount!.type !== T.decimal ? readNumber(amount!) : NaN;
    if (!Number.isInteger(number))
      throw new CommandError(5166405, `${name} expects integer amount of time units`);
    const offset = timezone ? zoneOf(timezone, name).fixed : 0;
    // Units up to the hour are the same in every zone.
    if (offset === undefined && (LENGTHS[kind] ?? DAY) >= DAY)
      throw unsupported(`a named time zone in ${name}`);
    const local = start + (offset ?? 0) * 60_000;
    const result = shift(local, kind, sign * number) - (offset ?? 0) * 60_000;
    if (!(Math.abs(result) <= 8.64e15))
      throw new CommandError(5166406, `invalid ${name} 'amount' value ${number}`);
    return dateValue(result);
  });
}

/** The whole units since some fixed start: two dates differ by the boundaries between them. */
function unitIndex(local: number, unit: string, firstDay: number): number {
  const months = MONTHS[unit];
  if (months !== undefined) {
    const { year, month } = dateFields(local, 0);
    return Math.floor((year * 12 + month - 1) / months);
  }
  // 1970-01-01 was a Thursday.
  if (unit === 'week') return Math.floor((Math.floor(local / DAY) + 4 - firstDay) / 7);
  return Math.floor(local / LENGTHS[unit]!);
}

const dateDiff = named(
  ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
  { notObject: 5166301, unknown: 5166302, missing: [5166303, 5166304, 5166305] },
  (values, name) => {
    const { startDate, endDate, unit, timezone, startOfWeek } = values;
    if ([startDate, endDate, unit, timezone].some((value) => value && isNullish(value))) return NULL;
    const start = dateOf(startDate!, 'startDate', 5166307, name);
    const end = dateOf(endDate!, 'endDate', 5166307, name);
    const kind = unitOf(unit!, 5166306, name);
    const offset = offsetOf(timezone, name);
    if (kind === 'week' && startOfWeek && isNullish(startOfWeek)) return NULL;
    const firstDay = kind === 'week' ? weekStart(startOfWeek, 5439015, name) : 0;
    const difference = unitIndex(end + offset, kind, firstDay) - unitIndex(start + offset, kind, firstDay);
    return longValue(BigInt(difference));
  },
);

const REFERENCE = Date.UTC(2000, 0, 1);

const dateTrunc = named(
  ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'],
  { notObject: 5439007, unknown: 5439008, missing: [5439009, 5439010] },
  (values, name) => {
    const { date, unit, binSize, timezone, startOfWeek } = values;
    if ([date, unit, binSize, timezone].some((value) => value && isNullish(value))) return NULL;
    const millis = dateOf(date!, 'date', 5439012, name);
    const kind = unitOf(unit!, 5439013, name);
    const size = binSize ? binOf(binSize) : 1;
    const offset = offsetOf(timezone, name);
    const local = millis + offset;
    const months = MONTHS[kind];
    if (months !== undefined) {
      const { year, month } = dateFields(local, 0);
      const bin = months * size;
      const since = (year - 2000) * 12 + month - 1;
      return dateValue(utc(2000, Math.floor(since / bin) * bin, 1) - offset);
    }
    if (kind === 'week') {
      if (startOfWeek && isNullish(startOfWeek)) return NULL;
      if (size > 1) throw unsupported('$dateTrunc by several weeks');
      const day = Math.floor(local / DAY) + 4 - weekStart(startOfWeek, 5439015, name);
      return dateValue(
        local - (local - Math.floor(local / DAY) * DAY) - (((day % 7) + 7) % 7) * DAY - offset,
      );
    }
    const bin = LENGTHS[kind]! * size;
    return dateValue(Math.floor((local - REFERENCE) / bin) * bin + REFERENCE - offset);
  },
);

function binOf(value: Value): number {
  if (!isNumber(value.type) || value.type === T.decimal || !Number.isSafeInteger(readNumber(value)))
    throw new CommandError(
      5439017,
      `$dateTrunc requires 'binSize' to be a 64-bit integer, but got ${typeName(value.type)}`,
    );
  const size = Number(wholeOf(value));
  if (size <= 0)
    throw new CommandError(
      5439018,
      `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`,
    );
  if (size > 100_000_000_000) throw new CommandError(5439006, 'overflow of the bin size in $dateTrunc');
  return size;
}

export const DATE_MATH: Operators = {
  $dateAdd: adding(1),
  $dateSubtract: adding(-1),
  $dateDiff: dateDiff,
  $dateTrunc: dateTrunc,
};
