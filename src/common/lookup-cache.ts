import { LRUCache } from 'lru-cache';

interface Flight<V> {
  readonly value: Promise<V>;
  stale: boolean;
}

/**
 * Remembers answers of a lookup. `drop` is exact: once it returned, no `get` answers what was read before it, also
 * not one whose lookup was already under way. The time to live only matters for changes by other processes.
 */
export class LookupCache<V extends NonNullable<unknown>> {
  private readonly held: LRUCache<string, V>;
  private readonly flights = new Map<string, Flight<V>>();

  /** @param options `ttlMs` 0 keeps an answer until it is dropped or pushed out. */
  constructor(options: { max: number; ttlMs: number }) {
    this.held = new LRUCache({ max: options.max, ttl: options.ttlMs });
  }

  /** The remembered answer, if there is one. */
  known(key: string): V | undefined {
    return this.held.get(key);
  }

  /** Concurrent calls for one key share one lookup. */
  async get(key: string, lookUp: () => Promise<V>): Promise<V> {
    for (;;) {
      const value = this.held.get(key);
      if (value !== undefined) return value;
      const flight = this.flights.get(key) ?? this.start(key, lookUp);
      const found = await flight.value;
      if (!flight.stale) return found;
    }
  }

  drop(key: string): void {
    this.held.delete(key);
    const flight = this.flights.get(key);
    if (!flight) return;
    flight.stale = true;
    this.flights.delete(key);
  }

  private start(key: string, lookUp: () => Promise<V>): Flight<V> {
    const flight: Flight<V> = { value: this.run(key, lookUp, () => flight), stale: false };
    this.flights.set(key, flight);
    return flight;
  }

  private async run(key: string, lookUp: () => Promise<V>, self: () => Flight<V>): Promise<V> {
    try {
      const value = await lookUp();
      if (!self().stale) this.held.set(key, value);
      return value;
    } finally {
      if (this.flights.get(key) === self()) this.flights.delete(key);
    }
  }
}
