import { doubleValue } from '../bson/make.js';
import { ACCUMULATED } from './expressions/accumulated.js';
import { ARITHMETIC } from './expressions/arithmetic.js';
import { ARRAYS } from './expressions/arrays.js';
import { CONVERSION } from './expressions/conversion.js';
import { DATE_MATH } from './expressions/date-math.js';
import { DATES } from './expressions/dates.js';
import { ITERATION } from './expressions/iteration.js';
import { LOGIC } from './expressions/logic.js';
import { OBJECTS } from './expressions/objects.js';
import { REGEXES } from './expressions/regexes.js';
import { SETS } from './expressions/sets.js';
import { STRINGS } from './expressions/strings.js';
import { parseArguments, type Operator, type Operators } from './operator.js';

const random: Operator = (operand, scope) => {
  parseArguments(operand, scope, 0, 0);
  return () => doubleValue(Math.random());
};

/** Every expression operator that is evaluated as MongoDB does. */
export const OPERATORS: Operators = {
  ...ACCUMULATED,
  ...ARITHMETIC,
  ...ARRAYS,
  ...CONVERSION,
  ...DATE_MATH,
  ...DATES,
  ...ITERATION,
  ...LOGIC,
  ...OBJECTS,
  ...REGEXES,
  ...SETS,
  ...STRINGS,
  $rand: random,
};

/** What MongoDB evaluates beside these: refused by name. */
export const REFUSED_OPERATORS: ReadonlySet<string> = new Set(
  `$_internalFindAllValuesAtPath $accumulator $acos $acosh $asin $asinh $atan $atan2 $atanh $bitAnd $bitNot $bitOr
   $bitXor $cos $cosh $degreesToRadians $function $median $meta $percentile $radiansToDegrees $sampleRate $sin $sinh $tan $tanh $toHashedIndexKey $tsIncrement $tsSecond`.split(
    /\s+/,
  ),
);
