import { Global, Module } from '@nestjs/common';
import { HostIdentity } from '../host-identity/host-identity.js';
import { BadRows } from './bad-rows.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

@Global()
@Module({ controllers: [MetricsController], providers: [Metrics, BadRows], exports: [Metrics, BadRows] })
export class MetricsModule {
  constructor(metrics: Metrics, { node, host }: HostIdentity) {
    metrics.nodeInfo.set({ node, host }, 1);
  }
}
