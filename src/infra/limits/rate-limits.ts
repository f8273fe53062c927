import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { Metrics } from '../metrics/metrics.js';
import { Limiter } from './limiter.js';
import type { Rate } from './token-bucket.js';

const MINUTE = 60_000;

/** Far above what people do, and below what guessing and flooding need; the table is in docs/operations.md. */
const RATES = {
  /** Requests and connects of one address. */
  address: { burst: 2_000, everyMs: 5 },
  /** Requests and socket events of one user. */
  user: { burst: 2_000, everyMs: 10 },
  /** Connects of one user. */
  connect: { burst: 60, everyMs: 1_000 },
  /** Accounts made from one address. */
  registration: { burst: 50, everyMs: MINUTE },
  /** Logins from one address. */
  login: { burst: 100, everyMs: 1_000 },
  /** Passwords tried for one name from one address, or by one user for his own; a right one resets it. */
  guess: { burst: 10, everyMs: MINUTE },
  /** Refreshes of one login. */
  refresh: { burst: 30, everyMs: MINUTE },
} satisfies Record<string, Rate>;

/** What one address or user may ask for, in this process. */
@Injectable()
export class RateLimits {
  readonly address: Limiter;
  readonly user: Limiter;
  readonly connect: Limiter;
  readonly registration: Limiter;
  readonly login: Limiter;
  readonly guess: Limiter;
  readonly refresh: Limiter;

  constructor(config: AppConfig, metrics: Metrics) {
    const factor = config.rateLimitFactor;
    if (factor === 0) new Logger(RateLimits.name).warn('rate limits are off: for load generators only');
    const limiter = (limit: keyof typeof RATES): Limiter =>
      new Limiter(scaled(RATES[limit], factor), () => metrics.rateLimited.inc({ limit }));
    this.address = limiter('address');
    this.user = limiter('user');
    this.connect = limiter('connect');
    this.registration = limiter('registration');
    this.login = limiter('login');
    this.guess = limiter('guess');
    this.refresh = limiter('refresh');
  }
}

function scaled({ burst, everyMs }: Rate, factor: number): Rate {
  if (factor === 0) return { burst, everyMs: 0 };
  return { burst: Math.max(1, Math.round(burst * factor)), everyMs: everyMs / factor };
}
