import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../../config/app-config.js';
import { AuthController } from './auth.controller.js';
import { AuthGuard } from './auth.guard.js';
import { AuthService } from './auth.service.js';
import { PasswordHasher } from './password-hasher.js';
import { SessionRepository } from './session.repository.js';
import { SESSION_MODEL, SessionSchema } from './session.schema.js';
import { SessionsService } from './sessions.service.js';
import { loadSigningKey } from './signing-key.js';
import { SocketsListener } from './sockets.listener.js';
import { Tokens } from './tokens.js';
import { SessionConsistency } from './users.consistency.js';
import { UserRepository } from './user.repository.js';
import { USER_MODEL, UserSchema } from './user.schema.js';
import { UsersAdminController } from './users-admin.controller.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([
      { name: USER_MODEL, schema: UserSchema },
      { name: SESSION_MODEL, schema: SessionSchema },
    ]),
  ],
  controllers: [AuthController, UsersController, UsersAdminController],
  providers: [
    UserRepository,
    SessionRepository,
    PasswordHasher,
    {
      provide: Tokens,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new Tokens(loadSigningKey(config), config.accessTokenTtlSeconds),
    },
    UsersService,
    SessionsService,
    AuthService,
    SessionConsistency,
    SocketsListener,
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
  exports: [UsersService],
})
export class UsersModule {}
