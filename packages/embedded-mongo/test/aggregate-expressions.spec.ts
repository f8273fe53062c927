import { serialize } from 'bson';
import { parseExpression, Variables } from '../src/aggregate/expression.js';
import { T } from '../src/bson/types.js';
import { findByName, objectValue, type Value } from '../src/bson/value.js';
import { buildDocument } from '../src/bson/writer.js';
import { CommandError } from '../src/errors.js';
import { decode } from './model/decode.js';
import { literal, show } from './model/value.js';
import { DOCUMENT, EXPRESSION_CASES, MISSING } from './semantics/expression-cases.js';

const bytes = (value: unknown): Value =>
  findByName(objectValue(Buffer.from(serialize(new Map([['v', literal(value)]])))), 'v')!;

const shown = (value: Value): string => {
  if (value.type === T.missing) return 'missing';
  return show(decode(buildDocument((writer) => writer.value('v', value))).get('v'));
};

const evaluate = (expression: unknown): string => {
  try {
    return shown(parseExpression(bytes(expression), Variables.ofCommand())(bytes(DOCUMENT)));
  } catch (error) {
    if (error instanceof CommandError) return `error ${error.code}`;
    throw error;
  }
};

const isCode = (value: unknown): value is { code: number } =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === 'code';

/** Answers of MongoDB 7 written down by hand. */
describe('expressions', () => {
  it.each(
    EXPRESSION_CASES.map(([expression, expected]) => [show(literal(expression)), expression, expected]),
  )('%s', (_name, expression, expected) => {
    const wanted = isCode(expected)
      ? `error ${expected.code}`
      : expected === MISSING
        ? 'missing'
        : show(literal(expected));
    expect(evaluate(expression)).toBe(wanted);
  });
});
