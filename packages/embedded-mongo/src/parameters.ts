import { boolValue, intValue } from './bson/make.js';
import { isNumber, T } from './bson/types.js';
import { isTruthy, numberOf, objectValue, type Value } from './bson/value.js';
import { buildDocument } from './bson/writer.js';
import { badValue, typeMismatch } from './errors.js';

/** One server parameter of MongoDB. */
export interface Parameter {
  readonly get: () => Value;
  /** Absent: cannot be set while the server runs. Throws what MongoDB says of a wrong value. */
  readonly set?: (value: Value) => void;
}

const FEATURE_VERSION = objectValue(buildDocument((writer) => writer.string('version', '7.0')));

/** What clients may change while the server runs; it begins anew with the server. */
export class Settings {
  cursorTimeoutMillis = 600_000;
  transactionLifetimeLimitSeconds = 60;
  ttlMonitorEnabled = true;
  ttlMonitorSleepSecs = 60;

  /** @param testCommands whether clients may set fail points. */
  constructor(readonly testCommands = false) {}
}

/** The parameters that clients may ask for. */
export function serverParameters(settings: Settings): ReadonlyMap<string, Parameter> {
  return new Map<string, Parameter>([
    whole(settings, 'cursorTimeoutMillis'),
    ['enableTestCommands', { get: () => boolValue(settings.testCommands) }],
    ['featureCompatibilityVersion', { get: () => FEATURE_VERSION }],
    ['notablescan', { get: () => boolValue(false) }],
    ['requireApiVersion', { get: () => boolValue(false) }],
    whole(settings, 'transactionLifetimeLimitSeconds'),
    [
      'ttlMonitorEnabled',
      {
        get: () => boolValue(settings.ttlMonitorEnabled),
        set: (value) => {
          if (value.type !== T.bool && !isNumber(value.type))
            throw typeMismatch("Parameter 'ttlMonitorEnabled' must be a boolean");
          settings.ttlMonitorEnabled = isTruthy(value);
        },
      },
    ],
    whole(settings, 'ttlMonitorSleepSecs'),
  ]);
}

/** A parameter that is a whole number of at least 1. */
function whole<K extends string>(settings: Record<K, number>, name: K): [string, Parameter] {
  const set = (value: Value) => {
    if (!isNumber(value.type)) throw typeMismatch(`Parameter '${name}' must be a number`);
    const wanted = Math.trunc(numberOf(value));
    if (!(wanted >= 1 && wanted <= 0x7fffffff))
      throw badValue(`Invalid value for parameter ${name}: ${wanted} is not greater than or equal to 1`);
    settings[name] = wanted;
  };
  return [name, { get: () => intValue(settings[name]), set }];
}
