import { doubleValue } from '../bson/make.js';
import { T } from '../bson/types.js';
import { elementsOf } from '../bson/value.js';
import { CommandError } from '../errors.js';
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
import { constant, type Operator, type Operators } from './operator.js';

/** Its operand is an empty document or array. */
const random: Operator = (operand, scope) => {
  if ((operand.type !== T.object && operand.type !== T.array) || elementsOf(operand).length > 0)
    throw new CommandError(3040501, '$rand does not currently accept arguments');
  return scope.once ? constant(doubleValue(Math.random())) : () => doubleValue(Math.random());
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
