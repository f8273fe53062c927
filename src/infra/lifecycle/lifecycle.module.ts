import { Global, Module } from '@nestjs/common';
import { InFlightRequests } from './in-flight-requests.js';
import { ShutdownSteps } from './shutdown-steps.js';

@Global()
@Module({ providers: [InFlightRequests, ShutdownSteps], exports: [InFlightRequests, ShutdownSteps] })
export class LifecycleModule {
  constructor(steps: ShutdownSteps, requests: InFlightRequests) {
    steps.register('drain', 'requests', () => requests.drained());
  }
}
