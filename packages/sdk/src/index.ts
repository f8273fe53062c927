export { keepTokens, login, type SavedTokens } from './auth.js';
export type { BackoffOptions } from './backoff.js';
export { type Client, type ClientOptions, createClient } from './client.js';
export type { Unsubscribe } from './emitter.js';
export type { Environment } from './environment.js';
export { type ClientErrorCode, CLIENT_ERRORS, NestimError } from './errors.js';
export type { ClientEvents } from './events.js';
export type { HistoryPage, HistoryQuery } from './history.js';
export type { PendingMessage } from './outbox.js';
export type { MessageBody, MessageInput, OutgoingMessage, Target } from './outgoing.js';
export type { Removed } from './state-source.js';
export { ClientState, type ConnectionStatus } from './status.js';
export { type KeyValueStorage, memoryStorage, type WebStorage, webStorage } from './storage.js';
export type { GetToken, TokenReason } from './token.js';
export type {
  AuthResult,
  Conversation,
  ErrorCode,
  Friend,
  Group,
  Message,
  Platform,
  ReadResult,
  Receipt,
  TokenPair,
  User,
} from '@nestim/protocol';
