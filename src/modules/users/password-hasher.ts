import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { argon2id, hash, verify } from 'argon2';
import { BoundedQueue } from '../../common/bounded-queue.js';

const COST = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashing runs on the threads that the store's reads and writes also use: it may never take them all. */
const CONCURRENCY = 2;
const MAX_WAITING = 100;

/** Argon2id behind a bounded queue. @throws AppError TOO_MANY_REQUESTS when too many wait. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly queue = new BoundedQueue(CONCURRENCY, MAX_WAITING);
  private nobodysHash = '';

  async onModuleInit(): Promise<void> {
    this.nobodysHash = await hash(randomBytes(16), COST);
  }

  hash(password: string): Promise<string> {
    return this.queue.run(() => hash(password, COST));
  }

  /** Takes the same time whether or not there is a hash to compare with, so that it does not tell who exists. */
  matches(passwordHash: string | undefined, password: string): Promise<boolean> {
    return this.queue.run(async () => {
      const usable = passwordHash?.startsWith('$argon2id$') ? passwordHash : undefined;
      const same = await verify(usable ?? this.nobodysHash, password).catch(() => false);
      return same && usable !== undefined;
    });
  }
}
