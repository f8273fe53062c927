import { isLive, REPEAT_WINDOW_MS, rotationFor } from './session.rules.js';

const now = 1_000_000;
const session = { _id: 's', userId: 'u', createdAt: 1, expiresAt: now + 1, refreshHash: 'current' };

describe('isLive', () => {
  it.each([
    ['live', session, true],
    ['expired', { ...session, expiresAt: now }, false],
    ['revoked', { ...session, revokedAt: 5 }, false],
    ['without an end', { ...session, expiresAt: undefined }, false],
    ['with an end that is no number', { ...session, expiresAt: '9' }, false],
  ])('%s', (_, row, expected) => {
    expect(isLive(row, now)).toBe(expected);
  });
});

describe('rotationFor', () => {
  const rotated = { ...session, previousHash: 'previous', rotatedAt: now - REPEAT_WINDOW_MS };
  it.each([
    ['the valid token', session, 'current', 'rotate'],
    ['the one just replaced', rotated, 'previous', 'repeat'],
    ['the one replaced long ago', { ...rotated, rotatedAt: now - REPEAT_WINDOW_MS - 1 }, 'previous', 'reuse'],
    ['replaced at an unknown time', { ...rotated, rotatedAt: undefined }, 'previous', 'reuse'],
    ['a token of nobody', rotated, 'guessed', 'unknown'],
    ['a token of nobody, session over', { ...rotated, revokedAt: 1 }, 'guessed', 'unknown'],
    ['the valid token, session revoked', { ...session, revokedAt: 1 }, 'current', 'ended'],
    ['the valid token, session expired', { ...session, expiresAt: now }, 'current', 'ended'],
    ['a session without a token', { ...session, refreshHash: undefined }, 'current', 'unknown'],
  ] as const)('%s', (_, row, presented, expected) => {
    expect(rotationFor(row, presented, now)).toBe(expected);
  });
});
