import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from './metrics.js';

const LOG_EVERY_MS = 60_000;

/** Counts rows that had to be skipped or marked, and logs one sample of each kind a minute. */
@Injectable()
export class BadRows {
  private readonly logger = new Logger(BadRows.name);
  private readonly lastLogged = new Map<string, number>();

  constructor(private readonly metrics: Metrics) {}

  /** @param kind what is wrong, of a small fixed set; @param id the row it was met in. */
  report(kind: string, id: string): void {
    this.metrics.badRows.inc({ kind });
    const now = Date.now();
    if (now - (this.lastLogged.get(kind) ?? -Infinity) < LOG_EVERY_MS) return;
    this.lastLogged.set(kind, now);
    this.logger.warn({ kind, id }, 'bad row skipped or marked');
  }
}
