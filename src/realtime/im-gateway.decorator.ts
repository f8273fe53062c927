import { applyDecorators, createParamDecorator, type ExecutionContext, UseFilters } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { Ctx } from '../common/ctx.js';
import { WsErrorFilter } from './ws-error.filter.js';

/** The only way to make a gateway: global pipes, guards and filters do not run for gateways. */
export const ImGateway = () => applyDecorators(WebSocketGateway(), UseFilters(WsErrorFilter));

/** Who sent this event: the last argument of an {@link EventHandler}, behind the client that Nest puts first. */
export const SocketCtx = createParamDecorator((_: unknown, host: ExecutionContext): Ctx =>
  host.getArgByIndex<Ctx>(3),
);
