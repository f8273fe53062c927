import type { EntityMap } from './entities.js';
import { Mismatch, type Doc, type ExpectedEvents } from './format.js';
import { match, show } from './matches.js';
import { ObservedClient, type ObservedEvent } from './observed-client.js';

/** Asserts the events that one client saw, in their order. */
export function checkEvents(expected: ExpectedEvents, entities: EntityMap): void {
  const { events } = entities.get(expected.client, ObservedClient);
  const kind = expected.eventType ?? 'command';
  const came = events.filter((event) => event.kind === kind);
  const wanted = expected.events.length;
  if (expected.ignoreExtraEvents ? came.length < wanted : came.length !== wanted) {
    const names = came.map(({ name, event }) => String(event['commandName'] ?? name)).join(', ');
    throw new Mismatch(`expected ${wanted} ${kind} events, came ${came.length}: ${names}`);
  }
  expected.events.forEach((event, i) => matchEvent(event, came[i]!, entities));
}

/** Asserts that one event is as described. */
export function matchEvent(
  expected: Readonly<Record<string, Doc>>,
  came: ObservedEvent,
  entities: EntityMap,
): void {
  const [name, fields] = Object.entries(expected)[0]!;
  if (came.name !== name)
    throw new Mismatch(`expected ${name}, came ${came.name} ${show(came.event['commandName'])}`);
  for (const [field, value] of Object.entries(fields)) {
    const actual = actualField(field, came.event);
    try {
      match(value, actual, entities, true);
    } catch (error) {
      if (error instanceof Mismatch) error.message = `${name}.${field}: ${error.message}`;
      throw error;
    }
  }
}

function actualField(field: string, event: Doc): unknown {
  switch (field) {
    case 'hasServiceId':
      return event['serviceId'] !== undefined && event['serviceId'] !== null;
    case 'hasServerConnectionId':
      return Number(event['serverConnectionId'] ?? 0) > 0;
    default:
      return event[field];
  }
}
