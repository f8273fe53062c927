import { applyDecorators, UseFilters } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { PARAM_ARGS_METADATA } from '@nestjs/websockets/constants.js';
import type { Ack } from '@nestim/protocol';
import type { z } from 'zod';
import type { Ctx } from '../common/ctx.js';
import type { RawJson } from '../common/raw-json.js';
import { parseWith } from '../common/zod-validation.pipe.js';
import type { EventHandler } from './event-dispatcher.js';
import { WsErrorFilter } from './ws-error.filter.js';

/** The only way to make a gateway: global pipes, guards and filters do not run for gateways. */
export const ImGateway = () => applyDecorators(WebSocketGateway(), UseFilters(WsErrorFilter));

type Answer = Ack<unknown> | RawJson;
type Handler<S extends z.ZodType, A> = (ctx: Ctx, payload: z.infer<S>) => Promise<A>;

/**
 * Answers an event of clients, given who sent it and its payload, which the schema has checked. Parameter decorators
 * and pipes would do the same by ten promises for each event; Nest is told that there are none.
 */
export function OnEvent<S extends z.ZodType>(event: string, schema: S) {
  return <A extends Answer>(
    gateway: object,
    name: string,
    method: TypedPropertyDescriptor<Handler<S, A>>,
  ): void => {
    const handler = method.value!;
    const checked = function (this: unknown, _nobody: unknown, ...args: Parameters<EventHandler>) {
      const [payload, , ctx] = args;
      return handler.call(this, ctx, parseWith(schema, payload));
    };
    method.value = checked as unknown as Handler<S, A>;
    Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, gateway.constructor, name);
    SubscribeMessage(event)(gateway, name, method as TypedPropertyDescriptor<unknown>);
  };
}
