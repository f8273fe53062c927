import { createHash, timingSafeEqual } from 'node:crypto';
import type { AppConfig } from './app-config.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an `Authorization` header presents the admin token; compared in constant time. False without the setting. */
export function presentsAdminToken(config: AppConfig, authorization: string | undefined): boolean {
  const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (config.adminToken === undefined || token === undefined) return false;
  return timingSafeEqual(digest(token), digest(config.adminToken));
}
