import { boolValue, intValue, stringValue } from '../../bson/make.js';
import { T } from '../../bson/types.js';
import { nameEnd, NULL, readString, type Value } from '../../bson/value.js';
import { CommandError } from '../../errors.js';
import { compileRegex } from '../../query/regex.js';
import { arrayValue, documentValue } from '../build.js';
import { isNullish, named, type Operator, type Operators } from '../operator.js';

const CODES = { notObject: 51103, unknown: 31024, missing: [31022, 31023] };

/** An operator over the matches of a pattern in a text; `none` is its answer where either is null. */
function matching(none: Value, answer: (text: string, pattern: RegExp) => Value): Operator {
  return named(['input', 'regex', 'options'], CODES, ({ input, regex, options }, name) => {
    const text = isNullish(input!)
      ? undefined
      : stringOf(input!, `${name} needs 'input' to be of type string`, 51104);
    const pattern = isNullish(regex!) ? undefined : patternOf(regex!, options, name);
    return text === undefined || !pattern ? none : answer(text, pattern);
  });
}

function stringOf(value: Value, message: string, code: number): string {
  if (value.type !== T.string) throw new CommandError(code, message);
  return readString(value);
}

const compiled = new Map<string, RegExp>();
const MAX_COMPILED = 100;

function patternOf(regex: Value, options: Value | undefined, name: string): RegExp {
  const given =
    options && !isNullish(options)
      ? stringOf(options, `${name} needs 'options' to be of type string`, 51106)
      : '';
  let source: string;
  let flags = given;
  if (regex.type === T.regex) {
    const middle = nameEnd(regex.buf, regex.start);
    source = regex.buf.toString('utf8', regex.start, middle);
    const own = regex.buf.toString('utf8', middle + 1, regex.end - 1);
    if (own !== '' && given !== '')
      throw new CommandError(
        51107,
        `${name}: found regex option(s) specified in both 'regex' and 'option' fields`,
      );
    flags += own;
  } else source = stringOf(regex, `${name} needs 'regex' to be of type string or regex`, 51105);
  if (source.includes('\0'))
    throw new CommandError(51109, `${name}: regular expression cannot contain an embedded null byte`);
  const key = `${flags}/${source}`;
  let pattern = compiled.get(key);
  if (!pattern) {
    pattern = compileRegex(
      source,
      flags,
      (problem) => new CommandError(51111, `Invalid Regex in ${name}: ${problem}`),
    );
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(key, pattern);
  }
  return pattern;
}

/** `{match, idx, captures}`: the place counts code points, a group that took no part is null. */
function matchValue(text: string, match: RegExpExecArray): Value {
  return documentValue([
    ['match', stringValue(match[0])],
    ['idx', intValue([...text.slice(0, match.index)].length)],
    [
      'captures',
      arrayValue(
        match.slice(1).map((part: string | undefined) => (part === undefined ? NULL : stringValue(part))),
      ),
    ],
  ]);
}

export const REGEXES: Operators = {
  $regexMatch: matching(boolValue(false), (text, pattern) => boolValue(pattern.test(text))),
  $regexFind: matching(NULL, (text, pattern) => {
    const match = pattern.exec(text);
    return match ? matchValue(text, match) : NULL;
  }),
  $regexFindAll: matching(arrayValue([]), (text, pattern) => {
    const all = text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`));
    return arrayValue([...all].map((match) => matchValue(text, match)));
  }),
};
