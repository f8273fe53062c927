import type { Message } from '@nestim/protocol';
import type { ChannelLog } from './channel-log.js';
import type { KnownTail } from './channel-states.js';
import type { ConversationRow } from './conversation.rules.js';
import { UnreadCounter } from './unread-counter.js';

const me: ConversationRow = {
  ownerId: 'me',
  channelId: 'group:g',
  channelType: 2,
  joinSeq: 0,
  leftSeq: null,
  readSeq: 0,
  clearedSeq: 0,
  revision: 1,
};
const message = (senderId: string, seq: number) =>
  ({ conversationId: me.channelId, senderId, seq }) as Message;
const tail = (head: number, unbrokenFrom: number): KnownTail => ({
  head,
  unbrokenFrom,
  lastMessage: message('another', head),
  lastUncounted: 0,
  revision: 1,
});

describe('UnreadCounter', () => {
  let asked: number;
  let own: number;
  let whileReading: () => void;
  let counter: UnreadCounter;

  beforeEach(() => {
    asked = 0;
    own = 0;
    whileReading = () => {};
    counter = new UnreadCounter({
      ownNewestSeq: () => {
        asked += 1;
        const read = own;
        whileReading();
        return Promise.resolve(read);
      },
    } as Partial<ChannelLog> as ChannelLog);
  });

  it('asks once for what I wrote, and then hears of it', async () => {
    own = 3;
    expect(await counter.count(me, tail(10, 10))).toBe(7);
    expect(await counter.count(me, tail(12, 10))).toBe(9);
    counter.stored(message('me', 13));
    expect(await counter.count(me, tail(15, 10))).toBe(2);
    expect(asked).toBe(1);
  });

  it('does not ask who had read all', async () => {
    expect(await counter.count({ ...me, readSeq: 10 }, tail(10, 10))).toBe(0);
    expect(await counter.count({ ...me, readSeq: 10 }, tail(12, 10))).toBe(2);
    expect(asked).toBe(0);
    expect(await counter.count({ ...me, readSeq: 10 }, tail(14, 13))).toBe(4);
    expect(asked).toBe(1);
  });

  it('asks who comes again after he had read all up to his leaving', async () => {
    await counter.count({ ...me, readSeq: 10, leftSeq: 10 }, tail(15, 12));
    own = 14;
    expect(await counter.count({ ...me, joinSeq: 12 }, tail(15, 12))).toBe(1);
  });

  it('asks again when messages came that nobody told of', async () => {
    expect(await counter.count(me, tail(10, 10))).toBe(10);
    own = 11;
    expect(await counter.count(me, tail(14, 12))).toBe(3);
    expect(asked).toBe(2);
  });

  it('hears of what I write while it asks', async () => {
    whileReading = () => counter.stored(message('me', 11));
    await counter.count(me, tail(10, 10));
    expect(await counter.count(me, tail(13, 10))).toBe(2);
    expect(asked).toBe(1);
  });
});
