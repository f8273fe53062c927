import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Client, Message } from '@nestim/sdk';
import { forEach } from '../wire/for-each.js';
import type { GroupAudit } from './group-audit.js';
import type { People, Person } from './people.js';

/** Fresh clients at once. */
const AT_ONCE = 16;
/** The newest messages of a conversation that a client holds at least, when it was told so many. */
const HELD = 1_000;
/** A client that is coming back from a kill may take so long until it holds what it should. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 200;

/** Holds what every present member's client came to hold by events against what a fresh client fetches, and the file. */
export function compareHeld(audit: GroupAudit, people: People): Promise<void> {
  return forEach([...audit.present], AT_ONCE, async ([person, { joinSeq }]) => {
    const fresh = await people.fresh(person);
    const deadline = performance.now() + PATIENCE_MS;
    let differs = compareStates(audit, person, fresh);
    for (; differs && performance.now() < deadline; differs = compareStates(audit, person, fresh))
      await delay(PAUSE_MS);
    if (differs) audit.differs(differs);
    fresh.close();
    compareMessages(audit, person, joinSeq);
  });
}

/** @returns what is different, or null */
function compareStates(audit: GroupAudit, person: Person, fresh: Client): string | null {
  const of = (client: Client): unknown => ({
    conversation: client.conversations.get(audit.conversationId),
    receipts: client.conversations.receipts(audit.conversationId),
    group: client.groups.list().find(({ conversationId }) => conversationId === audit.conversationId),
  });
  const [held, fetched] = [of(person.client!), of(fresh)];
  if (isDeepStrictEqual(held, fetched)) return null;
  return `${person.nick} holds ${JSON.stringify(held)} and a fresh client ${JSON.stringify(fetched)}`;
}

function compareMessages(audit: GroupAudit, person: Person, joinSeq: number): void {
  const held = person.client!.conversations.messages(audit.conversationId);
  const first = held[0]?.seq ?? audit.head + 1;
  if (first > Math.max(joinSeq + 1, audit.head - HELD + 1))
    audit.differs(`${person.nick} holds messages from ${first} on only`);
  const last = held.at(-1)?.seq ?? audit.head;
  if (last !== audit.head) audit.differs(`${person.nick} holds messages up to ${last} only`);
  held.forEach((message: Message, place) => {
    if (message.seq !== first + place)
      audit.differs(`${person.nick} holds ${message.seq} at ${first + place}`);
    audit.check(message, `held by ${person.nick}`);
  });
}
