/** Takes a handler off again. */
export type Unsubscribe = () => void;

/** Events typed by a map from name to payload. */
export class Emitter<Events extends object> {
  private readonly handlers = new Map<keyof Events, Set<(payload: never) => void>>();

  on<E extends keyof Events>(event: E, handler: (payload: Events[E]) => void): Unsubscribe {
    const handlers = this.handlers.get(event) ?? new Set();
    // A handler of its own for each call, so that the same function may be given twice.
    const own = (payload: Events[E]): void => handler(payload);
    this.handlers.set(event, handlers.add(own));
    return () => void handlers.delete(own);
  }

  /** An error of a handler is reported as uncaught, and neither the other handlers nor the client feel it. */
  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const handler of [...(this.handlers.get(event) ?? [])] as ((payload: Events[E]) => void)[]) {
      try {
        handler(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
