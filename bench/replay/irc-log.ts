/** What one line of a log says. Lines that say nothing of these (topics, modes, untimed actions) are counted only. */
export type LogEvent =
  | { kind: 'text'; line: number; nick: string; text: string }
  | { kind: 'action'; line: number; nick: string; text: string }
  | { kind: 'join'; line: number; nick: string }
  | { kind: 'part'; line: number; nick: string }
  | { kind: 'rename'; line: number; nick: string; to: string };

export interface IrcLog {
  events: LogEvent[];
  /** Lines that hold no event. */
  ignored: number;
}

const TEXT = /^\[\d\d:\d\d\] <([^>]+)>(?: (.*))?$/s;
const ACTION = /^\[\d\d:\d\d\] +\* (\S+)(?: (.*))?$/s;
const JOIN = /^=== (.+?) +\[.*@.*\] +has joined #/s;
const PART = /^=== (.+?) +\[.*@.*\] +has left #/s;
const RENAME = /^=== (.+?) +is now known as (.+)$/s;

/** No nick holds white space; some logs have one behind a `]`, and not always the same one. */
const cleanNick = (nick: string): string => nick.replaceAll(/\s+/g, '');

function parseLine(content: string, line: number): LogEvent | null {
  const text = TEXT.exec(content);
  if (text) return { kind: 'text', line, nick: cleanNick(text[1]!), text: text[2] ?? '' };
  const action = ACTION.exec(content);
  if (action) return { kind: 'action', line, nick: cleanNick(action[1]!), text: action[2] ?? '' };
  if (!content.startsWith('=== ')) return null;
  const join = JOIN.exec(content);
  if (join) return { kind: 'join', line, nick: cleanNick(join[1]!) };
  const part = PART.exec(content);
  if (part) return { kind: 'part', line, nick: cleanNick(part[1]!) };
  const rename = RENAME.exec(content);
  if (rename) return { kind: 'rename', line, nick: cleanNick(rename[1]!), to: cleanNick(rename[2]!) };
  return null;
}

/**
 * Reads a whole log. Bytes that are not UTF-8 become replacement characters, so every text can be sent; a text is
 * otherwise kept to the byte, ends in white space included.
 */
export function parseIrcLog(bytes: Uint8Array): IrcLog {
  const events: LogEvent[] = [];
  const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  lines.forEach((content, index) => {
    const event = parseLine(content, index + 1);
    if (event) events.push(event);
  });
  return { events, ignored: lines.length - events.length };
}
