import type { Conversation, Message } from '@nestim/protocol';
import { Emitter } from '../src/emitter.js';
import type { ClientEvents } from '../src/events.js';
import type { StatePage } from '../src/state-source.js';
import { Store } from '../src/store.js';
import { aConversation, aMessage, shuffled, someRandom } from './support/messages.js';

const ID = 'group:g';
const states = (page: Partial<StatePage>): StatePage => ({
  conversations: [],
  groups: [],
  friends: [],
  receipts: [],
  removed: [],
  cursor: '',
  more: false,
  reset: false,
  ...page,
});

function aStore() {
  const events = new Emitter<ClientEvents>();
  const told: Message[] = [];
  events.on('message', (message) => told.push(message));
  let stale = 0;
  const store = new Store(events, () => (stale += 1));
  store.me = 'me';
  return { store, told, events, staleness: () => stale };
}

/** The server's own answer for `me` when these are the messages. */
function asServed(messages: readonly Message[], readSeq: number): Conversation {
  const own = messages.findLast(({ senderId }) => senderId === 'me')?.seq ?? 0;
  const base = Math.max(readSeq, own);
  const unread = messages.filter(({ seq, type }) => seq > base && type !== 'system').length;
  return aConversation({ maxSeq: messages.length, lastMessage: messages.at(-1) ?? null, readSeq, unread });
}

const log = (length: number, random: () => number): Message[] =>
  Array.from({ length }, (_, n) => {
    const chance = random();
    const type = chance < 0.1 ? 'system' : 'text';
    return aMessage({ seq: n + 1, type, senderId: chance > 0.8 ? 'me' : 'bob' });
  });

it('whatever the order of pushes, old states and receipts, it ends with what the server says', () => {
  const random = someRandom(42);
  for (let round = 0; round < 300; round++) {
    const messages = log(30, random);
    const { store, told, staleness } = aStore();
    const start = Math.floor(random() * 10);
    store.applyStates(states({ conversations: [asServed(messages.slice(0, start), 0)] }), false);
    const readSeq = Math.floor(random() * 30);
    const arrivals = shuffled(
      [
        ...messages.slice(start).map((message) => () => void store.receive(message)),
        ...[12, 20, 25].map((head) => () => {
          store.applyStates(states({ conversations: [asServed(messages.slice(0, head), 0)] }), true);
        }),
        () => store.applyReceipt({ conversationId: ID, userId: 'me', readSeq }),
      ],
      random,
    );
    for (const arrive of arrivals) arrive();
    expect(store.missing(ID)).toBeNull();
    if (staleness() > 0) store.applyStates(states({ conversations: [asServed(messages, readSeq)] }), true);
    expect(store.findConversation(ID)).toEqual(asServed(messages, readSeq));
    expect(told).toEqual(messages.slice(start));
  }
});

it('a state of another window that was read before a push does not forget what was told', () => {
  const { store, told } = aStore();
  const rejoined = (maxSeq: number, unread: number): Conversation =>
    aConversation({ minSeq: 5, maxSeq, lastMessage: maxSeq > 4 ? aMessage({ seq: maxSeq }) : null, unread });
  const left = aConversation({ maxSeq: 4, lastMessage: aMessage({ seq: 4 }), unread: 4, active: false });
  store.applyStates(states({ conversations: [left] }), true);
  store.applyPage({ fromSeq: 1, toSeq: 4 }, ID, {
    messages: [1, 2, 3, 4].map((seq) => aMessage({ seq })),
    minSeq: 1,
    maxSeq: 4,
  });
  store.receive(aMessage({ seq: 5 }));
  store.applyStates(states({ conversations: [rejoined(4, 0)] }), true);
  expect(store.findConversation(ID)).toEqual(rejoined(5, 1));
  store.receive(aMessage({ seq: 6 }));
  expect(store.findConversation(ID)).toEqual(rejoined(6, 2));
  expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

it('a state of another window that was read before a receipt does not take the position back', () => {
  const { store, staleness } = aStore();
  const rejoined = (readSeq: number, unread: number): Conversation =>
    aConversation({ minSeq: 5, maxSeq: 9, lastMessage: aMessage({ seq: 9 }), readSeq, unread });
  store.applyStates(states({ conversations: [asServed([], 0)] }), true);
  store.applyReceipt({ conversationId: ID, userId: 'me', readSeq: 3 });
  store.applyStates(states({ conversations: [rejoined(0, 5)] }), true);
  expect(store.findConversation(ID)).toEqual(rejoined(3, 5));

  const other = aStore();
  other.store.applyStates(states({ conversations: [asServed([], 0)] }), true);
  other.store.applyReceipt({ conversationId: ID, userId: 'me', readSeq: 7 });
  const before = other.staleness();
  other.store.applyStates(states({ conversations: [rejoined(0, 5)] }), true);
  expect(other.staleness()).toBe(before + 1);
  other.store.applyStates(states({ conversations: [rejoined(7, 2)] }), true);
  expect(other.store.findConversation(ID)).toEqual(rejoined(7, 2));
  expect(staleness()).toBe(0);
});

it('asks for the states when a position of mine comes before its conversation', () => {
  const { store, staleness } = aStore();
  store.applyReceipt({ conversationId: ID, userId: 'me', readSeq: 3 });
  expect(staleness()).toBe(1);
});

it('keeps what comes before its conversation is known, and tells it then', () => {
  const { store, told } = aStore();
  const messages = [1, 2, 3].map((seq) => aMessage({ seq }));
  expect(store.receive(messages[1]!)).toBe(false);
  expect(store.receive(messages[2]!)).toBe(false);
  store.applyStates(states({ conversations: [asServed(messages, 0)] }), false);
  expect(told).toEqual([messages[1], messages[2]]);
  expect(store.receive(aMessage({ seq: 4 }))).toBe(true);
  expect(told).toHaveLength(3);
});

it('tells a new conversation from its first message when it follows, and nothing old at the start', () => {
  const messages = [1, 2, 3].map((seq) => aMessage({ seq }));
  const [atStart, later] = [aStore().store, aStore().store];
  atStart.applyStates(states({ conversations: [asServed(messages, 0)] }), false);
  later.applyStates(states({ conversations: [asServed(messages, 0)] }), true);
  expect(atStart.missing(ID)).toBeNull();
  expect(later.missing(ID)).toEqual({ fromSeq: 1, toSeq: 3 });
});

it('has the one message that it missed from the state, and pulls when there are more', () => {
  const { store, told } = aStore();
  const at = (seq: number): Conversation =>
    aConversation({ maxSeq: seq, lastMessage: aMessage({ seq }), unread: seq });
  store.applyStates(states({ conversations: [at(1)] }), false);
  store.applyStates(states({ conversations: [at(2)] }), true);
  expect(told).toEqual([aMessage({ seq: 2 })]);
  expect(store.missing(ID)).toBeNull();
  store.applyStates(states({ conversations: [at(4)] }), true);
  expect(told).toHaveLength(1);
  expect(store.missing(ID)).toEqual({ fromSeq: 3, toSeq: 4 });
  expect(store.findConversation(ID)).toEqual(at(4));
});

it('opens a new window when one joins again', () => {
  const { store, told, events } = aStore();
  const removed: unknown[] = [];
  events.on('removed', (what) => removed.push(what));
  store.applyStates(states({ conversations: [aConversation()] }), false);
  store.receive(aMessage({ seq: 1 }));
  const again = aConversation({ minSeq: 8, maxSeq: 7 });
  store.applyStates(states({ conversations: [again] }), true);
  store.receive(aMessage({ seq: 8 }));
  expect(told.map(({ seq }) => seq)).toEqual([1, 8]);
  expect(store.findTimeline(ID)!.messages.map(({ seq }) => seq)).toEqual([8]);
  expect(store.findConversation(ID)).toMatchObject({ unread: 1, maxSeq: 8, minSeq: 8 });

  store.applyStates(states({ removed: [{ kind: 'conversation', conversationId: ID }] }), true);
  expect(store.listConversations()).toEqual([]);
  expect(removed).toEqual([{ kind: 'conversation', conversationId: ID }]);
});

it('forgets everything on a reset', () => {
  const { store, events } = aStore();
  let resets = 0;
  events.on('reset', () => (resets += 1));
  store.applyStates(states({ conversations: [aConversation({ maxSeq: 9, readSeq: 5 })] }), false);
  store.applyStates(states({ reset: true, conversations: [aConversation({ maxSeq: 2 })] }), false);
  expect(store.findConversation(ID)).toEqual(aConversation({ maxSeq: 2 }));
  expect(store.missing(ID)).toBeNull();
  expect(resets).toBe(1);
});

it('keeps the furthest position of every reader', () => {
  const { store, events } = aStore();
  const receipts: number[] = [];
  events.on('receipt', ({ readSeq }) => receipts.push(readSeq));
  for (const readSeq of [3, 1, 3, 5]) store.applyReceipt({ conversationId: ID, userId: 'bob', readSeq });
  expect([...store.listReceipts(ID)]).toEqual([['bob', 5]]);
  expect(receipts).toEqual([3, 5]);
});

it('orders by newest activity, and answers the same list until something changes', () => {
  const { store } = aStore();
  const at = (conversationId: string, sentAt: number) =>
    aConversation({ conversationId, maxSeq: 1, lastMessage: aMessage({ conversationId, sentAt }) });
  store.applyStates(states({ conversations: [at('group:b', 5), at('group:a', 5), at('group:c', 9)] }), false);
  const list = store.listConversations();
  expect(list.map(({ conversationId }) => conversationId)).toEqual(['group:c', 'group:a', 'group:b']);
  expect(store.listConversations()).toBe(list);
  store.receive(aMessage({ conversationId: 'group:b', seq: 2, sentAt: 10 }));
  expect(store.listConversations()[0]).toMatchObject({ conversationId: 'group:b', unread: 1 });
});
