import {
  type ConversationRow,
  readableWindow,
  toConversationRow,
  unreadRange,
} from './conversation.rules.js';

const row = (change: Partial<ConversationRow> = {}): ConversationRow => ({
  ownerId: 'ada',
  channelId: 'group:g',
  channelType: 2,
  joinSeq: 0,
  leftSeq: null,
  readSeq: 0,
  clearedSeq: 0,
  revision: 0,
  ...change,
});

describe('readableWindow', () => {
  it.each([
    ['a fresh member of an empty group reads nothing', row(), 0, { minSeq: 1, maxSeq: 0 }],
    ['a member reads from after joining to the head', row({ joinSeq: 5 }), 9, { minSeq: 6, maxSeq: 9 }],
    ['what was cleared is gone', row({ joinSeq: 5, clearedSeq: 7 }), 9, { minSeq: 8, maxSeq: 9 }],
    ['who left reads to the moment of leaving', row({ joinSeq: 2, leftSeq: 4 }), 9, { minSeq: 3, maxSeq: 4 }],
    ['who left before the first message reads nothing', row({ leftSeq: 0 }), 9, { minSeq: 1, maxSeq: 0 }],
  ])('%s', (_, given, head, expected) => {
    expect(readableWindow(given, head)).toEqual(expected);
  });
});

describe('unreadRange', () => {
  it.each([
    ['everything, when nothing was read', row(), 9, 0, { base: 0, end: 9 }],
    ['after the read position', row({ readSeq: 4 }), 9, 0, { base: 4, end: 9 }],
    ['after joining, whatever was read before', row({ readSeq: 2, joinSeq: 6 }), 9, 0, { base: 6, end: 9 }],
    ['after what was cleared', row({ readSeq: 2, clearedSeq: 3 }), 9, 0, { base: 3, end: 9 }],
    ['after my newest message: who writes has read', row({ readSeq: 2 }), 9, 8, { base: 8, end: 9 }],
    ['to the moment of leaving', row({ readSeq: 2, leftSeq: 5 }), 9, 0, { base: 2, end: 5 }],
  ])('%s', (_, given, head, ownSeq, expected) => {
    expect(unreadRange(given, head, ownSeq)).toEqual(expected);
  });
});

describe('toConversationRow', () => {
  it.each(['ownerId', 'channelId', 'channelType', 'joinSeq'] as const)(
    'R2: a row without %s is unusable, and no error',
    (field) => {
      expect(toConversationRow({ ...row(), [field]: undefined })).toBeNull();
    },
  );

  it.each(['leftSeq', 'readSeq', 'clearedSeq', 'revision'] as const)(
    'R2: a row without %s is still usable',
    (field) => {
      expect(toConversationRow({ ...row(), [field]: undefined })).toEqual(row());
    },
  );
});
