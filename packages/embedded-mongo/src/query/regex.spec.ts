import { CommandError, ErrorCode } from '../errors.js';
import { compileRegex } from './regex.js';

describe('compileRegex', () => {
  it.each<[pattern: string, options: string, text: string, matches: boolean]>([
    ['a.b', '', 'a\rb', true],
    ['a.b', '', 'a\nb', false],
    ['a.b', 's', 'a\nb', true],
    ['a.b', '', 'a😀b', true],
    ['^b', '', 'a\nb', false],
    ['^b', 'm', 'a\nb', true],
    ['^b', 'm', 'a\rb', false],
    ['^', 'm', '', true],
    ['a$', '', 'a\n', true],
    ['a$', '', 'a\nb', false],
    ['a$', 'm', 'a\nb', true],
    ['a\\z', '', 'a\n', false],
    ['a\\Z', '', 'a\n', true],
    ['\\Ab', 'm', 'a\nb', false],
    ['STRASSE', 'i', 'strasse', true],
    ['Ä', 'i', 'ä', true],
    ['(?i)abc', '', 'ABC', true],
    ['(?im)^b', '', 'a\nB', true],
    ['a b # comment\n c', 'x', 'abc', true],
    ['a\\ b', 'x', 'a b', true],
    ['a[ ]b', 'x', 'a b', true],
    ['a b', '', 'ab', false],
    ['\\s', '', '\u00a0', false],
    ['\\h', '', '\u00a0', true],
    ['[\\s-]', '', '-', true],
    ['^\\S$', '', '\u00a0', true],
    ['\\w', '', 'é', false],
    ['[[:alpha:]_]+[[:digit:]]', '', '_a1', true],
    ['[]a]', '', ']', true],
    ['[^]a]', '', ']', false],
    ['a{,2}', '', 'a{,2}', true],
    ['{a}', '', '{a}', true],
    ['\\Qa.b\\E+', '', 'a.bb', true],
    ['\\x41\\x{1F600}', '', 'A😀', true],
    ['(?<year>\\d{4})', '', '2020', true],
    ['(?P<a>x)', '', 'x', true],
    ['(a)\\1', '', 'aa', true],
    ['a(?#note)b', '', 'ab', true],
    ['a/b', '', 'a/b', true],
    ['\\/\\-\\.\\@', '', '/-.@', true],
    ['[a\\-z]', '', 'b', false],
    ['x*?y', '', 'xxy', true],
    ['(?<!a)b', '', 'ab', false],
    ['a|', '', 'z', true],
  ])('%j with %j on %j: %j', (pattern, options, text, matches) => {
    expect(compileRegex(pattern, options).test(text)).toBe(matches);
  });

  it.each(['(', 'a)', '[a', '*a', 'a\\', '\\u0041'])('calls %s invalid', (pattern) => {
    expect(() => compileRegex(pattern, '')).toThrow(expect.objectContaining({ code: 51091 }));
  });

  it.each([
    'a++',
    '(?>a)',
    'a(?i)b',
    '\\p{L}',
    '\\R',
    '\\Ka',
    '(a)?\\1',
    '(*UCP)a',
    '(?R)',
    '[[:^alpha:]]',
    '[\\s-z]',
    '[\\x01-\\s]',
    '[\\S]',
    '(?<=a+)b',
    '(?=a)*',
    '(?<=a(b|cd))e',
  ])('refuses %s', (pattern) => {
    expect(() => compileRegex(pattern, '')).toThrow(
      expect.objectContaining({ code: ErrorCode.NotImplemented }) as CommandError,
    );
  });

  it('names an option that does not exist', () => {
    expect(() => compileRegex('a', 'g')).toThrow('invalid flag in regex options: g');
  });
});
