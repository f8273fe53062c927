import { createHmac } from 'node:crypto';

/** What an access token says; times in epoch seconds. */
export interface AccessClaims {
  sub: string;
  sid: string;
  iat: number;
  exp: number;
}

export const claimsOf = (token: string): AccessClaims =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as AccessClaims;

/** An access token as a server with this key signs it, with claims that it may never give. */
export function signToken(claims: object, key: string): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}
