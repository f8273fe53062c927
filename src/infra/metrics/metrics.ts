import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of the server, ready to use; a new one is one more line here. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly nodeInfo = this.gauge('nestim_node_info', 'Always 1; says which node this is.', ['node', 'host']);
  readonly uncaughtExceptions = this.counter(
    'nestim_uncaught_exceptions_total',
    'Exceptions and rejections that nothing caught; anything but 0 is a bug.',
  );
  readonly connections = this.gauge('nestim_connections', 'Sockets that are connected now.');

  readonly duplicatesSuppressed = this.counter(
    'nestim_duplicates_suppressed_total',
    'Sends that were answered with the message stored before.',
  );
  readonly duplicateKeyMet = this.counter(
    'nestim_duplicate_key_met_total',
    'Lost races that a unique index decided and that were answered with the winner.',
    ['index'],
  );
  readonly commitBatchSize = this.histogram(
    'nestim_commit_batch_size',
    'Messages that one commit stored.',
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  );
  readonly commitSeconds = this.histogram(
    'nestim_commit_seconds',
    'Time from handing a batch to the store until it was on disk.',
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  );

  readonly rateLimited = this.counter(
    'nestim_rate_limited_total',
    'Requests, connects and events that a limit refused.',
    ['limit'],
  );
  readonly badRows = this.counter('nestim_bad_rows_total', 'Rows that were skipped or marked in an answer.', [
    'kind',
  ]);
  readonly consistencyFindings = this.gauge(
    'nestim_consistency_findings',
    'What the last check of the data found, by kind.',
    ['kind'],
  );
  readonly consistencyLastRun = this.gauge(
    'nestim_consistency_last_run_timestamp_seconds',
    'When the last complete check of the data ended.',
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }
}
