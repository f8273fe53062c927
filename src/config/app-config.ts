import { resolve } from 'node:path';
import type { Env } from './env.schema.js';

/** How long a process believes what another process on the same database may have changed. */
const SHARED_STORE_CACHE_MS = 1000;

/** The settings, read once at start and injected; nothing else reads the environment. */
export class AppConfig {
  readonly nodeEnv: Env['NODE_ENV'];
  readonly port: number;
  readonly host: string;
  /** Absolute path. */
  readonly dataDir: string;
  readonly mongodbUri: string | undefined;
  readonly redisUrl: string | undefined;
  readonly adminToken: string | undefined;
  readonly tokenKey: string | undefined;
  readonly openRegistration: boolean;
  readonly corsOrigins: string[];
  /** Absolute path. */
  readonly pagesDir: string;
  /** 0: no limits. */
  readonly rateLimitFactor: number;
  /** Whether requests straight from this machine are counted too. */
  readonly limitsLocal: boolean;
  readonly trustedProxies: Env['NESTIM_TRUSTED_PROXIES'];
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  readonly maxGroupMembers: number;
  readonly maxPayloadBytes: number;
  /** For caches of stored state; 0, for good, where the store is embedded and has no other writer. */
  readonly cacheTtlMs: number;
  readonly consistencyAtStart: Env['NESTIM_CONSISTENCY_AT_START'];
  readonly consistencyStartBudgetMs: number;
  readonly consistencyIntervalMinutes: number;
  readonly logLevel: Env['NESTIM_LOG_LEVEL'];
  readonly logHost: boolean;
  /** What the operator says this node's address is. */
  readonly hostAddress: string | undefined;

  constructor(env: Env) {
    this.nodeEnv = env.NODE_ENV;
    this.port = env.PORT;
    this.host = env.NESTIM_HOST;
    this.dataDir = resolve(env.NESTIM_DATA_DIR);
    this.mongodbUri = env.MONGODB_URI;
    this.redisUrl = env.REDIS_URL;
    this.adminToken = env.NESTIM_ADMIN_TOKEN;
    this.tokenKey = env.NESTIM_TOKEN_KEY;
    this.openRegistration = env.NESTIM_OPEN_REGISTRATION;
    this.corsOrigins = env.NESTIM_CORS_ORIGINS;
    this.pagesDir = resolve(env.NESTIM_PAGES_DIR);
    this.rateLimitFactor = env.NESTIM_RATE_LIMIT_FACTOR ?? 1;
    this.limitsLocal = env.NESTIM_RATE_LIMIT_FACTOR !== undefined;
    this.trustedProxies = env.NESTIM_TRUSTED_PROXIES;
    this.accessTokenTtlSeconds = env.NESTIM_ACCESS_TOKEN_TTL_SECONDS;
    this.refreshTokenTtlSeconds = env.NESTIM_REFRESH_TOKEN_TTL_SECONDS;
    this.maxGroupMembers = env.NESTIM_MAX_GROUP_MEMBERS;
    this.maxPayloadBytes = env.NESTIM_MAX_PAYLOAD_BYTES;
    this.cacheTtlMs = env.MONGODB_URI === undefined ? 0 : SHARED_STORE_CACHE_MS;
    this.consistencyAtStart = env.NESTIM_CONSISTENCY_AT_START;
    this.consistencyStartBudgetMs = env.NESTIM_CONSISTENCY_START_BUDGET_MS;
    this.consistencyIntervalMinutes = env.NESTIM_CONSISTENCY_INTERVAL_MINUTES;
    this.logLevel = env.NESTIM_LOG_LEVEL;
    this.logHost = env.NESTIM_LOG_HOST;
    this.hostAddress = env.NESTIM_HOST_IP ?? env.POD_IP ?? env.HOST_IP;
  }
}
