import { Global, Module } from '@nestjs/common';
import { ClientAddress } from './client-address.js';
import { RateLimits } from './rate-limits.js';

@Global()
@Module({ providers: [ClientAddress, RateLimits], exports: [ClientAddress, RateLimits] })
export class LimitsModule {}
