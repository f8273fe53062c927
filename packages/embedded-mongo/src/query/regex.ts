import { CommandError, unsupported } from '../errors.js';

/** MongoDB's pattern options. `u` changes nothing there. */
const OPTIONS = 'imsxu';
/** What PCRE's classes hold without Unicode properties; JavaScript's `\s` holds more. */
const SPACE = '\\t\\n\\v\\f\\r ';
const BLANK = '\\t \\u00a0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000';
const POSIX: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: SPACE,
  blank: '\\t ',
  xdigit: 'A-Fa-f0-9',
  word: 'A-Za-z0-9_',
  punct: '!-\\/:-@\\[-`\\{-~',
};

export type PatternError = (message: string) => CommandError;
const invalidPattern: PatternError = (message) =>
  new CommandError(51091, `Regular expression is invalid: ${message}`);

/**
 * Compiles a pattern of PCRE, MongoDB's dialect, to one of JavaScript that matches the same texts. What JavaScript cannot
 * do the same way is refused.
 */
export function compileRegex(
  source: string,
  options: string,
  invalid: PatternError = invalidPattern,
): RegExp {
  for (const option of options) {
    if (!OPTIONS.includes(option)) throw new CommandError(51108, `invalid flag in regex options: ${option}`);
  }
  const leading = /^\(\?([imsx]+)\)/.exec(source);
  const flags = options + (leading?.[1] ?? '');
  const translated = new Translator(source, leading?.[0].length ?? 0, flags, invalid).run();
  try {
    return new RegExp(translated, flags.includes('i') ? 'iu' : 'u');
  } catch (error) {
    throw refused((error as Error).message.replace(/^.*\/: /, ''));
  }
}

function refused(what: string): CommandError {
  return unsupported(`the regular expression (${what})`);
}

class Translator {
  private groups = 0;
  private readonly open: { readonly number: number; readonly lookbehind: boolean }[] = [];
  private readonly closed = new Set<number>();
  private out = '';
  /** Nothing that a quantifier could repeat stands before. */
  private fresh = true;

  constructor(
    private readonly source: string,
    private at: number,
    private readonly flags: string,
    private readonly invalid: PatternError,
  ) {}

  run(): string {
    while (this.at < this.source.length) this.token();
    if (this.open.length > 0) throw this.invalid('missing closing parenthesis');
    return this.out;
  }

  private token(): void {
    const char = String.fromCodePoint(this.source.codePointAt(this.at)!);
    switch (char) {
      case '\\':
        return this.escape();
      case '[':
        return this.characterClass();
      case '(':
        return this.group();
      case ')':
        return this.close();
      case '.':
        return this.atom(this.flags.includes('s') ? '[^]' : '[^\\n]', 1);
      case '^':
        return this.assertion(this.flags.includes('m') ? '(?:(?<![^])|(?<=\\n)(?=[^]))' : '(?<![^])', 1);
      case '$':
        return this.assertion(this.flags.includes('m') ? '(?![^\\n])' : '(?=\\n?(?![^]))', 1);
      case '|':
        if (this.open.slice(0, -1).some((group) => group.lookbehind))
          throw refused('a choice in a lookbehind');
        return this.assertion('|', 1);
      case '*':
      case '+':
      case '?':
        return this.quantifier(char);
      case '{': {
        const range = /^\{\d+(,\d*)?\}/.exec(this.source.slice(this.at));
        return range ? this.quantifier(range[0]) : this.atom('\\{', 1);
      }
      case '}':
      case ']':
        return this.atom(`\\${char}`, 1);
      default:
        if (this.flags.includes('x') && this.skipped(char)) return;
        return this.atom(char === '/' ? '\\/' : char, char.length);
    }
  }

  private atom(text: string, length: number): void {
    this.out += text;
    this.at += length;
    this.fresh = false;
  }

  private assertion(text: string, length: number): void {
    this.atom(text, length);
    this.fresh = true;
  }

  /** Blanks and comments between the tokens, under the option x. */
  private skipped(char: string): boolean {
    if (char === '#') {
      const end = this.source.indexOf('\n', this.at);
      this.at = end < 0 ? this.source.length : end + 1;
      return true;
    }
    if (!' \t\n\v\f\r'.includes(char)) return false;
    this.at++;
    return true;
  }

  private quantifier(text: string): void {
    if (this.fresh) {
      if (this.out === '' || /[|(]$/.test(this.out))
        throw this.invalid('quantifier does not follow a repeatable item');
      throw refused('a quantifier behind an assertion');
    }
    if (this.open.some((group) => group.lookbehind)) throw refused('a quantifier in a lookbehind');
    this.at += text.length;
    const next = this.source[this.at];
    if (next === '+') throw refused('a possessive quantifier');
    this.out += text;
    if (next === '?') {
      this.out += next;
      this.at++;
    }
    this.fresh = true;
  }

  private group(): void {
    const rest = this.source.slice(this.at);
    if (rest.startsWith('(*')) throw refused('a verb');
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) {
      this.at += comment[0].length;
      return;
    }
    const [head, name] = /^\((?:\?(?:P?<([A-Za-z_]\w*)>|:|=|!|<=|<!))?/.exec(rest)!;
    if (head === '(' && rest[1] === '?') throw refused(`the group (${rest.slice(1, 4)}`);
    const capturing = head === '(' || name !== undefined;
    this.open.push({ number: capturing ? ++this.groups : 0, lookbehind: head === '(?<=' || head === '(?<!' });
    this.assertion(head.replace('?P<', '?<'), head.length);
  }

  private close(): void {
    const group = this.open.pop();
    if (!group) throw this.invalid('unmatched closing parenthesis');
    this.closed.add(group.number);
    this.atom(')', 1);
  }

  private escape(): void {
    const [char, after] = [this.source[this.at + 1], this.source.slice(this.at + 2)];
    if (char === undefined) throw this.invalid('\\ at end of pattern');
    if (/[1-9]/.test(char)) return this.backreference(char);
    switch (char) {
      case 'A':
        return this.assertion('(?<![^])', 2);
      case 'z':
        return this.assertion('(?![^])', 2);
      case 'Z':
        return this.assertion('(?=\\n?(?![^]))', 2);
      case 'b':
      case 'B':
        return this.assertion(`\\${char}`, 2);
      case 'Q': {
        const end = after.indexOf('\\E');
        const literal = end < 0 ? after : after.slice(0, end);
        return this.atom(
          literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
          2 + literal.length + (end < 0 ? 0 : 2),
        );
      }
      case 'E':
        this.at += 2;
        return;
      case 'S':
        return this.atom(`[^${SPACE}]`, 2);
      case 'H':
        return this.atom(`[^${BLANK}]`, 2);
      case 's':
        return this.atom(`[${SPACE}]`, 2);
      case 'h':
        return this.atom(`[${BLANK}]`, 2);
      default: {
        const { text, length } = this.character(char, after);
        return this.atom(text, length);
      }
    }
  }

  /** An escape that means one character or a class, within brackets or not. */
  private character(char: string, after: string): { readonly text: string; readonly length: number } {
    if (!/[A-Za-z0-9]/.test(char)) {
      const whole = String.fromCodePoint(this.source.codePointAt(this.at + 1)!);
      return {
        text: /[\\^$.*+?()[\]{}|/-]/.test(char) ? escapedPunctuation(char) : whole,
        length: 1 + whole.length,
      };
    }
    if ('dDwWtnrf'.includes(char)) return { text: `\\${char}`, length: 2 };
    if (char === 'a') return { text: '\\x07', length: 2 };
    if (char === 'e') return { text: '\\x1b', length: 2 };
    const hex = char === 'x' ? /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(after) : null;
    if (hex) return { text: `\\u{${hex[1] ?? hex[2]}}`, length: 2 + hex[0].length };
    if ('LlUuIiJjMmOqTyYF'.includes(char)) throw this.invalid('unrecognized character follows \\');
    throw refused(`\\${char}`);
  }

  /** A group that took no part matches nothing in PCRE but the empty text in JavaScript: only sure ones are taken. */
  private backreference(digit: string): void {
    if (
      /[|*?{]/.test(this.source) ||
      /\d/.test(this.source[this.at + 2] ?? '') ||
      !this.closed.has(Number(digit))
    ) {
      throw refused('a backreference to a group that may not take part');
    }
    this.atom(`(?:\\${digit})`, 2);
  }

  private characterClass(): void {
    let text = '[';
    this.at++;
    if (this.source[this.at] === '^') {
      text += '^';
      this.at++;
    }
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      const rest = this.source.slice(this.at);
      if (rest === '') throw this.invalid('missing terminating ] for character class');
      const posix = /^\[:(\^?)(\w+):\]/.exec(rest);
      if (posix) {
        const members = posix[1] === '' ? POSIX[posix[2]!] : undefined;
        if (!members) throw refused(posix[0]);
        this.at += posix[0].length;
        text += this.members(members, text);
      } else if (rest[0] === '\\') text += this.classEscape(rest, text);
      else {
        const char = String.fromCodePoint(rest.codePointAt(0)!);
        text += char === ']' || char === '[' ? `\\${char}` : char;
        this.at += char.length;
      }
    }
    this.atom(`${text}]`, 1);
  }

  /** Several characters at once can neither start nor end a range. */
  private members(members: string, before: string): string {
    const startsRange = this.source[this.at] === '-' && this.source[this.at + 1] !== ']';
    if (startsRange || /[^[^]-$/.test(before)) throw refused('a range with a class');
    return members;
  }

  private classEscape(rest: string, before: string): string {
    if (rest.length === 1) throw this.invalid('\\ at end of pattern');
    const simple: Record<string, string> = { s: SPACE, h: BLANK, b: '\\b' };
    const known = simple[rest[1]!];
    if (!known && /[SHQE1-9]/.test(rest[1]!)) throw refused(`[\\${rest[1]}]`);
    const { text, length } = known ? { text: known, length: 2 } : this.character(rest[1]!, rest.slice(2));
    this.at += length;
    return /[sh]/.test(rest[1]!) ? this.members(text, before) : text;
  }
}

/** JavaScript knows an escaped `-` only within brackets. */
function escapedPunctuation(char: string): string {
  return char === '-' ? '\\x2d' : `\\${char}`;
}
