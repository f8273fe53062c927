import { JwtService } from '@nestjs/jwt';
import { hashRefreshToken, newRefreshToken, sessionIdOf } from './refresh-token.js';
import { newId } from '../../common/ids.js';
import { Tokens } from './tokens.js';

const key = 'k'.repeat(32);
const subject = { userId: 'u', sessionId: 's' };

describe('access tokens', () => {
  const tokens = new Tokens(key, 60);

  it('reads back what it signed', () => {
    const expiresAt = expect.any(Number);
    expect(tokens.verifyAccess(tokens.signAccess(subject))).toEqual({ ...subject, expiresAt });
  });

  it('tells an expired token from a bad one', () => {
    const expired = new Tokens(key, -1).signAccess(subject);
    expect(() => tokens.verifyAccess(expired)).toThrow(expect.objectContaining({ code: 'TOKEN_EXPIRED' }));
  });

  it.each([
    ['another key', new JwtService({ secret: 'x'.repeat(32) }).sign({ sub: 'u', sid: 's' })],
    [
      'another algorithm',
      new JwtService({ secret: key }).sign({ sub: 'u', sid: 's' }, { algorithm: 'HS512' }),
    ],
    ['no algorithm', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1Iiwic2lkIjoicyJ9.'],
    ['no session', new JwtService({ secret: key }).sign({ sub: 'u' })],
    ['odd claims', new JwtService({ secret: key }).sign({ sid: { $gt: '' } }, { subject: 'u' })],
    ['no token at all', 'x'],
  ])('refuses one with %s', (_, token) => {
    expect(() => tokens.verifyAccess(token)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });
});

describe('refresh tokens', () => {
  it('name their session and nothing else does', () => {
    const sessionId = newId();
    const token = newRefreshToken(sessionId);
    expect(sessionIdOf(token)).toBe(sessionId);
    expect(newRefreshToken(sessionId)).not.toBe(token);
    for (const odd of ['', sessionId, `${sessionId}.`, `${token}.`, ` ${token}`, `x${token}`, 'a.b']) {
      expect(sessionIdOf(odd)).toBeNull();
    }
    expect(hashRefreshToken(token)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('follow one another: the same next one each time, and only with the key', () => {
    const sessionId = newId();
    const token = newRefreshToken(sessionId);
    const tokens = new Tokens(key, 60);
    const next = tokens.refreshAfter(sessionId, token);
    expect(sessionIdOf(next)).toBe(sessionId);
    expect(tokens.refreshAfter(sessionId, token)).toBe(next);
    expect(tokens.refreshAfter(sessionId, next)).not.toBe(next);
    expect(new Tokens('other'.repeat(8), 60).refreshAfter(sessionId, token)).not.toBe(next);
  });
});
