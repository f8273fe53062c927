import { applyDecorators, createParamDecorator, type ExecutionContext, UseFilters } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { Ctx } from '../common/ctx.js';
import { WsErrorFilter } from './ws-error.filter.js';

/** The only way to make a gateway: global pipes, guards and filters do not run for gateways. */
export const ImGateway = () => applyDecorators(WebSocketGateway(), UseFilters(WsErrorFilter));

/** Who sent this event; set once, when the socket was authenticated. */
export const SocketCtx = createParamDecorator(
  (_: unknown, host: ExecutionContext): Ctx => host.switchToWs().getClient<{ data: { ctx: Ctx } }>().data.ctx,
);
