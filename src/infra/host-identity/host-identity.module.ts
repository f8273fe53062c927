import { type DynamicModule, Global, Module } from '@nestjs/common';
import { HostIdentity } from './host-identity.js';

@Global()
@Module({})
export class HostIdentityModule {
  static of(identity: HostIdentity): DynamicModule {
    return {
      module: HostIdentityModule,
      providers: [{ provide: HostIdentity, useValue: identity }],
      exports: [HostIdentity],
    };
  }
}
