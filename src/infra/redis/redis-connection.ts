import { Injectable, Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import type { AppConfig } from '../../config/app-config.js';
import { reach } from '../lifecycle/reach.js';

/** Without `socketTimeout` a hung server is not noticed for minutes: commands only pile up. */
const OPTIONS: RedisOptions = {
  lazyConnect: true,
  connectTimeout: 2000,
  socketTimeout: 1500,
  commandTimeout: 1000,
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
};

/** The Redis of REDIS_URL, if there is one. It reconnects by itself; nothing is kept only there. */
@Injectable()
export class RedisConnection {
  private constructor(readonly client: Redis | null) {}

  /** @throws StartError when REDIS_URL is set and nothing answers there */
  static async open({ redisUrl }: Pick<AppConfig, 'redisUrl'>): Promise<RedisConnection> {
    if (redisUrl === undefined) return new RedisConnection(null);
    return new RedisConnection(watched(await reach('REDIS_URL', () => connect(redisUrl))));
  }

  async close(): Promise<void> {
    this.client?.disconnect();
  }
}

async function connect(url: string): Promise<Redis> {
  const client = new Redis(url, OPTIONS);
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason = error));
  try {
    await client.connect();
    await client.ping();
    return client;
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
}

function watched(client: Redis): Redis {
  const logger = new Logger(RedisConnection.name);
  let lost = false;
  client.on('close', () => {
    if (!lost) logger.error('connection to Redis lost');
    lost = true;
  });
  client.on('ready', () => {
    if (lost) logger.log('connection to Redis is back');
    lost = false;
  });
  return client;
}
