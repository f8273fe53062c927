import { folded, parseArguments, type Operator, type Operators } from '../operator.js';
import { T } from '../../bson/types.js';
import { elementsOf } from '../../bson/value.js';
import { average, deviation, extreme, sum, type Accumulator } from '../accumulators.js';

/** An accumulator over the operands, or over the elements of one operand that is an array. */
function accumulated(start: () => Accumulator): Operator {
  return (operand, scope) => {
    const inputs = parseArguments(operand, scope, 0, Infinity);
    const [only] = inputs;
    return folded(inputs, (root) => {
      const accumulator = start();
      const values = inputs.map((input) => input(root));
      const array = inputs.length === 1 && only ? values[0]! : undefined;
      for (const value of array?.type === T.array ? elementsOf(array) : values) accumulator.add(value);
      return accumulator.result();
    });
  };
}

export const ACCUMULATED: Operators = {
  $sum: accumulated(sum),
  $avg: accumulated(average),
  $min: accumulated(() => extreme(-1)),
  $max: accumulated(() => extreme(1)),
  $stdDevPop: accumulated(() => deviation(false)),
  $stdDevSamp: accumulated(() => deviation(true)),
};
