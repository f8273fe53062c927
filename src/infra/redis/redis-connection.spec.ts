import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RedisConnection } from './redis-connection.js';

/** Answers as Redis does to what a client says at connecting and to PING; can fall silent. */
class StandInRedis {
  silent = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket)));
      socket.setEncoding('latin1').on('data', (text: string) => {
        for (const [, command] of text.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
          if (!this.silent) socket.write(command!.toLowerCase() === 'ping' ? '+PONG\r\n' : '+OK\r\n');
        }
      });
    });
  }

  static async on(port: number): Promise<StandInRedis> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new StandInRedis(server, (server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }
}

const ends: (() => Promise<void>)[] = [];

async function standIn(port = 0): Promise<StandInRedis> {
  const redis = await StandInRedis.on(port);
  ends.push(() => redis.close());
  return redis;
}

async function connected(port: number): Promise<Redis> {
  const connection = await RedisConnection.open({ redisUrl: `redis://127.0.0.1:${port}` });
  ends.unshift(() => connection.close());
  return connection.client!;
}

/** `events.once` would reject with the error that comes before a close. */
const event = (client: Redis, name: string): Promise<void> =>
  new Promise((resolve) => client.once(name, () => resolve()));

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
beforeAll(() => Logger.overrideLogger(false));

describe('the Redis connection', () => {
  it('R63: is absent without REDIS_URL', async () => {
    expect((await RedisConnection.open({ redisUrl: undefined })).client).toBeNull();
  });

  it('notices a Redis that hangs, fails its commands in time, and is back when Redis is', async () => {
    const redis = await standIn();
    const client = await connected(redis.port);
    redis.silent = true;
    const lost = event(client, 'close');
    const askedAt = Date.now();
    await expect(client.ping()).rejects.toThrow(/timed out/);
    await lost;
    expect(Date.now() - askedAt).toBeLessThan(3000);

    const back = event(client, 'ready');
    redis.silent = false;
    await back;
    expect(await client.ping()).toBe('PONG');
  });

  it('comes back to a Redis that was started again', async () => {
    const first = await StandInRedis.on(0);
    const client = await connected(first.port);
    const back = event(client, 'ready');
    await first.close();
    await expect(client.ping()).rejects.toThrow();
    await standIn(first.port);
    await back;
    expect(await client.ping()).toBe('PONG');
  });
});
