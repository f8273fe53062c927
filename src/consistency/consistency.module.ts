import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConsistencyRunner } from './consistency-runner.js';
import { ConsistencyController } from './consistency.controller.js';
import { ConsistencySchedule } from './consistency.schedule.js';

/** Imports no feature: it finds their rules wherever they are provided. */
@Module({
  imports: [DiscoveryModule],
  controllers: [ConsistencyController],
  providers: [ConsistencyRunner, ConsistencySchedule],
})
export class ConsistencyModule {}
