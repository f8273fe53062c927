import { channelOfRow } from './channel-of-row.rules.js';

const row = (ownerId: unknown, channelId: unknown, channelType: unknown) => ({
  ownerId,
  channelId,
  channelType,
  joinSeq: 0,
  leftSeq: null,
  readSeq: 0,
  clearedSeq: 0,
});

describe('what a stored conversation row is of', () => {
  it.each([
    ['a group', row('ann', 'group:g1', 2), { groupId: 'g1' }],
    ['a person', row('ann', 'dm:ann:bob', 1), { peerId: 'bob' }],
    ['a person, seen from the other', row('bob', 'dm:ann:bob', 1), { peerId: 'ann' }],
    ['oneself', row('ann', 'dm:ann:ann', 1), { peerId: 'ann' }],
    ['the command twin of a group', row('ann', 'group:g1____cmd', 2), { groupId: 'g1' }],
  ])('R70: knows %s', (_of, stored, expected) => {
    expect(channelOfRow(stored)).toMatchObject(expected);
  });

  it.each([
    ['a channel of others', row('cid', 'dm:ann:bob', 1)],
    ['the wrong type', row('ann', 'group:g1', 1)],
    ['no conversation id', row('ann', 'room 5', 2)],
    ['a second spelling', row('ann', 'dm:bob:ann', 1)],
    ['no owner', row(undefined, 'group:g1', 2)],
    ['an empty owner', row('', 'group:g1', 2)],
    ['no channel', row('ann', null, 2)],
  ])('refuses %s', (_what, stored) => {
    expect(channelOfRow(stored)).toBeNull();
  });
});
