import type { EntityMap } from './entities.js';
import type { Doc, ExpectedEvents } from './format.js';
import { differences } from './matches.js';
import { ObservedClient, type ObservedEvent } from './observed-client.js';

/** How the events that one client saw differ from those expected, in their order. */
export function differencesOfEvents(expected: ExpectedEvents, entities: EntityMap): readonly string[] {
  const { events } = entities.get(expected.client, ObservedClient);
  const kind = expected.eventType ?? 'command';
  const came = events.filter((event) => event.kind === kind);
  const wanted = expected.events.length;
  if (expected.ignoreExtraEvents ? came.length < wanted : came.length !== wanted) {
    const names = came.map(({ name, event }) => String(event['commandName'] ?? name)).join(', ');
    return [`expected ${wanted} ${kind} events, came ${came.length}: ${names}`];
  }
  return expected.events.flatMap((event, i) => differencesOfEvent(event, came[i]!, entities));
}

export function differencesOfEvent(
  expected: Readonly<Record<string, Doc>>,
  came: ObservedEvent,
  entities: EntityMap,
): readonly string[] {
  const [name, fields] = Object.entries(expected)[0]!;
  if (came.name !== name)
    return [`expected ${name}, came ${came.name} ${String(came.event['commandName'] ?? '')}`];
  return Object.entries(fields).flatMap(([field, value]) =>
    differences(value, actualField(field, came.event), entities, true).map(
      (difference) => `${name}.${field}: ${difference}`,
    ),
  );
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
