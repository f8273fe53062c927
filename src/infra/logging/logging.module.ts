import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { RequestLogMiddleware } from './request-log.middleware.js';

@Module({})
export class LoggingModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestLogMiddleware).forRoutes('{*path}');
  }
}
