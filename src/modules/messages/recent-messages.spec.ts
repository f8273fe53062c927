import type { Message } from '@nestim/protocol';
import { RecentMessages } from './recent-messages.js';
import { Appended } from './writer-lane.js';

const CONVERSATION = 'group:g';
const message = (seq: number, text = 'x'): Message => ({
  messageId: String(seq),
  conversationId: CONVERSATION,
  seq,
  senderId: 'ada',
  clientMsgId: String(seq),
  type: 'text',
  content: { text },
  sentAt: 0,
});
const messages = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const seqs = (found: string | null): number[] | undefined =>
  found === null ? undefined : (JSON.parse(found) as Message[]).map(({ seq }) => seq);

describe('RecentMessages', () => {
  let recent: RecentMessages;
  const find = (from: number, to: number, limit: number, newest: boolean) =>
    seqs(recent.find(CONVERSATION, { from, to, limit, newest }));

  beforeEach(() => {
    recent = new RecentMessages();
    recent.keep(CONVERSATION, messages(11, 20));
  });

  it('answers ranges that it holds, from either end', () => {
    expect(find(1, 20, 3, true)).toEqual([18, 19, 20]);
    expect(find(19, 20, 100, true)).toEqual([19, 20]);
    expect(find(11, 20, 2, false)).toEqual([11, 12]);
    expect(find(15, 17, 100, false)).toEqual([15, 16, 17]);
  });

  it('does not answer what it holds only in part', () => {
    expect(find(1, 20, 11, true)).toBeUndefined();
    expect(find(10, 20, 1, false)).toBeUndefined();
    expect(find(11, 21, 100, true)).toBeUndefined();
    expect(seqs(recent.find('group:other', { from: 1, to: 1, limit: 1, newest: true }))).toBeUndefined();
  });

  it('grows with what is stored, and forgets when it missed something', () => {
    recent.stored(new Appended(message(21), true));
    expect(find(1, 21, 2, true)).toEqual([20, 21]);
    recent.stored(new Appended(message(23), true));
    expect(find(1, 21, 2, true)).toBeUndefined();
  });

  it('does not hold a page with a hole', () => {
    recent.keep('group:h', [message(1), message(3)]);
    expect(recent.find('group:h', { from: 1, to: 1, limit: 1, newest: false })).toBeNull();
  });

  it('holds the longer one of two pages up to one head, and none that ends earlier', () => {
    recent.keep(CONVERSATION, messages(5, 20));
    expect(find(5, 20, 100, false)).toHaveLength(16);
    recent.keep(CONVERSATION, messages(1, 19));
    expect(find(1, 19, 100, false)).toBeUndefined();
    expect(find(5, 20, 100, false)).toHaveLength(16);
  });

  it('holds a bounded number and weight', () => {
    for (let seq = 21; seq <= 400; seq++) recent.stored(new Appended(message(seq), true));
    expect(find(201, 400, 200, true)).toHaveLength(200);
    expect(find(200, 400, 201, true)).toBeUndefined();
    for (let seq = 401; seq <= 420; seq++)
      recent.stored(new Appended(message(seq, 'x'.repeat(50_000)), true));
    expect(find(418, 420, 3, true)).toHaveLength(3);
    expect(find(415, 420, 6, true)).toBeUndefined();
  });
});
