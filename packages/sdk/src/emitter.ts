/** Takes a handler off again. */
export type Unsubscribe = () => void;

type Handler = (payload: never) => void;

/** Events typed by a map from name to payload. */
export class Emitter<Events extends object> {
  /** Lists that are replaced and never changed: who is told of an event is settled when it begins. */
  private readonly handlers = new Map<keyof Events, readonly Handler[]>();

  on<E extends keyof Events>(event: E, handler: (payload: Events[E]) => void): Unsubscribe {
    // A handler of its own for each call, so that the same function may be given twice.
    const own = (payload: Events[E]): void => handler(payload);
    this.handlers.set(event, [...this.of(event), own]);
    return () =>
      void this.handlers.set(
        event,
        this.of(event).filter((other) => other !== own),
      );
  }

  /** An error of a handler is reported as uncaught, and neither the other handlers nor the client feel it. */
  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const handler of this.of(event)) {
      try {
        handler(payload as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  private of(event: keyof Events): readonly Handler[] {
    return this.handlers.get(event) ?? [];
  }
}
