import { type LogEvent, parseIrcLog } from './irc-log.js';

const parse = (...lines: string[]) => parseIrcLog(Buffer.from(lines.join('\n') + '\n'));

describe('IRC log', () => {
  const cases: [string, LogEvent][] = [
    ['[09:14] <ann> hello', { kind: 'text', line: 1, nick: 'ann', text: 'hello' }],
    [
      '[09:14] <ann>   two more, one at the end ',
      { kind: 'text', line: 1, nick: 'ann', text: '  two more, one at the end ' },
    ],
    ['[09:14] <ann>', { kind: 'text', line: 1, nick: 'ann', text: '' }],
    ['[09:14] <ann> <bob> said > that', { kind: 'text', line: 1, nick: 'ann', text: '<bob> said > that' }],
    ['[09:14] <a[n] n> kept together', { kind: 'text', line: 1, nick: 'a[n]n', text: 'kept together' }],
    ['[13:56]  * ann waves * twice', { kind: 'action', line: 1, nick: 'ann', text: 'waves * twice' }],
    ['=== ann [~a@host.example]  has joined #chat', { kind: 'join', line: 1, nick: 'ann' }],
    ['=== [ann]  [~a@host.example]  has joined #chat', { kind: 'join', line: 1, nick: '[ann]' }],
    ['=== ann [[x] -1@192.0.2.1]  has joined #chat', { kind: 'join', line: 1, nick: 'ann' }],
    ['=== ann [n=a@host.example]  has left #chat ["bye"] ', { kind: 'part', line: 1, nick: 'ann' }],
    ['=== ann is now known as an[n] a', { kind: 'rename', line: 1, nick: 'ann', to: 'an[n]a' }],
  ];
  it.each(cases)('reads %j', (line, event) => {
    expect(parse(line)).toEqual({ events: [event], ignored: 0 });
  });

  it.each([
    '=== ann wonders who has joined #chat',
    '=== mode/#chat [+o ann]  by bob',
    '[01:09] (ann/#chat) not said here',
    '[05:12] -ann:#chat- a notice',
    '',
  ])('counts %j as nothing to play', (line) => {
    expect(parse(line)).toEqual({ events: [], ignored: 1 });
  });

  it('numbers lines as the file does and makes well-formed text of any bytes', () => {
    const bytes = Buffer.concat([Buffer.from('=== topic\n[10:00] <ann> caf'), Buffer.from([0xe9, 0x0a])]);
    expect(parseIrcLog(bytes).events).toEqual([{ kind: 'text', line: 2, nick: 'ann', text: 'caf\uFFFD' }]);
  });
});
