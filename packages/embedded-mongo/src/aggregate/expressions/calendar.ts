/** A moment taken apart in a zone `offset` minutes east of UTC. */
export interface DateFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millis: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 is January 1. */
  readonly dayOfYear: number;
  readonly offset: number;
}

export const DAY = 86_400_000;

export function dateFields(millis: number, offset: number): DateFields {
  const date = new Date(millis + offset * 60_000);
  const year = date.getUTCFullYear();
  const start = utc(year, 0, 1);
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millis: date.getUTCMilliseconds(),
    weekday: date.getUTCDay(),
    dayOfYear: Math.floor((date.getTime() - start) / DAY) + 1,
    offset,
  };
}

/** As `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999. */
export function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** The ISO week: it belongs to the year that its Thursday lies in. */
export function isoWeek(fields: DateFields): { year: number; week: number } {
  const thursday = new Date(utc(fields.year, fields.month - 1, fields.day + 4 - (fields.weekday || 7)));
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - utc(year, 0, 1)) / DAY / 7) + 1;
  return { year, week };
}

/** The minutes of `UTC`, `GMT`, `Z`, `+hh`, `+hhmm` or `+hh:mm`; undefined for anything else. */
export function fixedOffset(zone: string): number | undefined {
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z' || zone === 'Etc/UTC') return 0;
  const match = /^([+-])(\d\d)(?::?(\d\d))?:?$/.exec(zone);
  if (!match) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

export function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
