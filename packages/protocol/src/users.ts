import { z } from 'zod';
import { UserId } from './ids.js';
import { text } from './json.js';

export const Username = z
  .string()
  .regex(/^[A-Za-z0-9._-]{3,64}$/, 'must be 3-64 of A-Z a-z 0-9 . _ - (compared without case)');
export const Password = text(256).min(8);
export const Nickname = text(128).min(1);
export const Platform = z.enum(['web', 'ios', 'android', 'desktop', 'server', 'other']);
export const DeviceId = z.string().regex(/^[\x21-\x7e]{1,128}$/);

export const Register = z.strictObject({
  username: Username,
  password: Password,
  nickname: Nickname.optional(),
  platform: Platform.optional(),
});
export const Login = z.strictObject({
  username: z.string().max(64),
  password: z.string().max(256),
  platform: Platform.optional(),
});
/** Every other login of the user ends with it. */
export const ChangePassword = z.strictObject({ oldPassword: z.string().max(256), newPassword: Password });
export const Refresh = z.strictObject({ refreshToken: z.string().min(1).max(512) });

/** Seconds of `expiresIn` count for the access token. */
export const TokenPair = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int(),
});
/** A user as others see it. `deleted` marks a placeholder for a user that is gone. */
export const User = z.object({
  userId: z.string(),
  username: z.string().optional(),
  nickname: z.string(),
  createdAt: z.int().optional(),
  deleted: z.literal(true).optional(),
});
export const AuthResult = z.object({ user: User, ...TokenPair.shape });
export const Session = z.object({
  sessionId: z.string(),
  platform: Platform,
  createdAt: z.int(),
  expiresAt: z.int(),
  current: z.boolean(),
});
export const SessionList = z.object({ sessions: z.array(Session) });

export const AdminCreateUser = z.strictObject({ userId: UserId.optional(), nickname: Nickname });
export const AdminCreateToken = z.strictObject({ userId: UserId, platform: Platform.optional() });
export const UserResult = z.object({ user: User });
/** A user as the operator sees it. */
export const AdminUserResult = z.object({ user: User, disabled: z.boolean() });

/** `auth` of the socket.io handshake. */
export const Handshake = z.strictObject({
  token: z.string().min(1).max(4096),
  deviceId: DeviceId.optional(),
  platform: Platform.optional(),
});

export type Platform = z.infer<typeof Platform>;
export type Register = z.infer<typeof Register>;
export type Login = z.infer<typeof Login>;
export type ChangePassword = z.infer<typeof ChangePassword>;
export type User = z.infer<typeof User>;
export type AuthResult = z.infer<typeof AuthResult>;
export type TokenPair = z.infer<typeof TokenPair>;
export type Session = z.infer<typeof Session>;
export type SessionList = z.infer<typeof SessionList>;
export type Handshake = z.infer<typeof Handshake>;
export type AdminCreateUser = z.infer<typeof AdminCreateUser>;
export type AdminCreateToken = z.infer<typeof AdminCreateToken>;
export type AdminUserResult = z.infer<typeof AdminUserResult>;
