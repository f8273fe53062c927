import { T, typeName } from '../../bson/types.js';
import { formatValue } from '../../bson/format.js';
import { readLong, readString, type Value } from '../../bson/value.js';
import { CommandError, unsupported } from '../../errors.js';
import { fixedOffset } from './calendar.js';

/** A time zone: the minutes east of UTC at a moment. */
export interface Zone {
  readonly offsetAt: (millis: number) => number;
  /** The offset, if it is the same always. */
  readonly fixed?: number;
}

export const UTC: Zone = { offsetAt: () => 0, fixed: 0 };

/** The zone that an expression names. */
export function zoneOf(value: Value, operator: string): Zone {
  if (value.type !== T.string) {
    const given = `a ${typeName(value.type)} (${formatValue(value)})`;
    throw new CommandError(
      40517,
      `${operator} requires a string for the timezone argument, but was given ${given}`,
    );
  }
  const name = readString(value);
  const fixed = fixedOffset(name);
  return fixed === undefined ? namedZone(name) : { offsetAt: () => fixed, fixed };
}

const zones = new Map<string, Zone>();

/** A zone of the tz database, from the runtime's copy of it. */
function namedZone(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  let format: Intl.DateTimeFormat;
  try {
    if (!/^[A-Za-z]/.test(name)) throw new RangeError(name);
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new CommandError(40485, `unrecognized time zone identifier: "${name}"`);
  }
  const zone: Zone = { offsetAt: (millis) => offsetOf(format, millis) };
  zones.set(name, zone);
  return zone;
}

function offsetOf(format: Intl.DateTimeFormat, millis: number): number {
  // Before 1900 the calendars and the zones' local mean times differ between libraries.
  if (millis < Date.UTC(1900, 0, 1)) throw unsupported('a named time zone before the year 1900');
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(millis)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  const local = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return (local - Math.floor(millis / 1000) * 1000) / 60_000;
}

/** The offset for turning local time into UTC: named zones, in which a local time may come twice, are refused. */
export function fixedOnly(zone: Zone, operator: string): number {
  if (zone.fixed === undefined) throw unsupported(`a named time zone in ${operator}`);
  return zone.fixed;
}

/** The milliseconds of a date, a timestamp or an ObjectId; undefined for other types. */
export function millisOfDate(value: Value): number | undefined {
  switch (value.type) {
    case T.date: {
      const millis = Number(readLong(value));
      if (Math.abs(millis) > 8.64e15) throw unsupported('a date beyond the year 275760');
      return millis;
    }
    case T.timestamp:
      return value.buf.readUInt32LE(value.start + 4) * 1000;
    case T.objectId:
      return value.buf.readUInt32BE(value.start) * 1000;
    default:
      return undefined;
  }
}

/** As {@link millisOfDate}; other types fail as MongoDB's conversion does. */
export function requireMillis(value: Value): number {
  const millis = millisOfDate(value);
  if (millis === undefined)
    throw new CommandError(16006, `can't convert from BSON type ${typeName(value.type)} to Date`);
  return millis;
}
