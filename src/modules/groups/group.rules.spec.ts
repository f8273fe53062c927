import { assertMayLeave, assertOpen, assertRoom } from './group.rules.js';

const outcome = (act: () => void): string => {
  try {
    act();
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('group rules', () => {
  it.each([
    ['open', false, 'ok'],
    ['closed', false, 'GROUP_NOT_OPEN'],
    ['open', true, 'GROUP_NOT_OPEN'],
  ] as const)('joining a group that is %s (abandoned: %s): %s', (joinMode, abandoned, expected) => {
    expect(outcome(() => assertOpen({ joinMode }, abandoned))).toBe(expected);
  });

  it.each([
    [1, 3, 'ok'],
    [3, 3, 'ok'],
    [4, 3, 'GROUP_FULL'],
  ])('%i members where %i fit: %s', (members, max, expected) => {
    expect(outcome(() => assertRoom(members, max))).toBe(expected);
  });

  it.each([
    ['owner', 2, 'OWNER_CANNOT_LEAVE'],
    ['owner', 1, 'ok'],
    ['member', 2, 'ok'],
    ['member', 1, 'ok'],
    [null, 2, 'ok'],
  ] as const)('%s of %i leaves: %s', (role, members, expected) => {
    expect(outcome(() => assertMayLeave(role, members))).toBe(expected);
  });
});
