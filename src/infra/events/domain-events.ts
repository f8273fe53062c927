import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';

/** Names a domain event and, in its type, what it carries and what its listeners answer. */
export interface DomainEvent<Payload, Result = void> {
  readonly name: string;
  readonly __types?: { payload: Payload; result: Result };
}

export const defineEvent = <Payload, Result = void>(name: string): DomainEvent<Payload, Result> => ({ name });

/** How a feature reaches the features to its right: it announces, they listen. */
@Injectable()
export class DomainEvents {
  constructor(private readonly emitter: EventEmitter2) {}

  /** Listeners run *within* the caller's work: all are awaited, and an error of one fails the caller. */
  within<P, R>(event: DomainEvent<P, R>, payload: P): Promise<R[]> {
    return this.emitter.emitAsync(event.name, payload) as Promise<R[]>;
  }

  listen<P, R>(event: DomainEvent<P, R>, handler: (payload: P) => Promise<R>): void {
    this.emitter.on(event.name, handler);
  }
}
