import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SocketLifecycle } from '../../realtime/socket-lifecycle.js';
import { SessionsService } from './sessions.service.js';

/** Lets sockets in with the tokens that the routes take. */
@Injectable()
export class SocketsListener implements OnModuleInit {
  constructor(
    private readonly lifecycle: SocketLifecycle,
    private readonly sessions: SessionsService,
  ) {}

  onModuleInit(): void {
    this.lifecycle.authenticateWith({
      authenticate: ({ token }) => this.sessions.authenticate(token),
      assertLive: (identity) => this.sessions.assertLive(identity),
    });
  }
}
