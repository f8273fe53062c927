import type { NestimError } from './errors.js';

/**
 * - `idle`: not connected yet; - `connecting`: an attempt is under way; - `syncing`: connected, catching up;
 * - `online`: everything known is up to date; - `offline`: waiting for the next attempt;
 * - `closed`: stopped, by `close()` or for good (see the error).
 */
export const ClientState = {
  idle: 'idle',
  connecting: 'connecting',
  syncing: 'syncing',
  online: 'online',
  offline: 'offline',
  closed: 'closed',
} as const;
export type ClientState = (typeof ClientState)[keyof typeof ClientState];

/** Where the connection stands. */
export interface ConnectionStatus {
  readonly state: ClientState;
  /** True when the client goes on by itself; false when it does only after another `connect()`. */
  readonly reconnects: boolean;
  /** Why it is not online; its `code` says what to do, as `SESSION_REVOKED`: log in again. */
  readonly error?: NestimError;
  /** With `offline`: epoch milliseconds of the next attempt. */
  readonly retryAt?: number;
}
