import type { Conversation, ConversationList, MessagePage } from '@nestim/protocol';
import type { Rest } from '../wire/rest.js';
import { forEach } from '../wire/for-each.js';
import type { GroupAudit } from './group-audit.js';
import type { Person } from './people.js';
import type { Window } from './window.js';

const HISTORY_PAGE = 500;
const LIST_PAGE = 200;
/** Lists asked for at once. */
const AT_ONCE = 16;

/** Reads the whole stored history as the keeper and holds it against the file. */
export async function compareHistory(audit: GroupAudit, rest: Rest, token: string): Promise<void> {
  const base = `/conversations/${encodeURIComponent(audit.conversationId)}/messages`;
  let seen = 0;
  for (;;) {
    const page = await rest.get<MessagePage>(token, `${base}?after=${seen}&limit=${HISTORY_PAGE}`);
    if (page.maxSeq !== audit.head)
      audit.differs(`the history ends at ${page.maxSeq}, the file at ${audit.head}`);
    if (page.messages.length === 0) break;
    for (const message of page.messages) {
      if (message.seq !== seen + 1) audit.differs(`history: ${message.seq} follows ${seen}`);
      seen = message.seq;
      audit.check(message, 'history');
    }
  }
  if (seen !== audit.head) audit.differs(`the history has ${seen} messages, the file ${audit.head}`);
}

/** Holds what every member, present or gone, is told about the conversation against a recount of the messages. */
export function compareUnread(audit: GroupAudit, rest: Rest): Promise<void> {
  const newest = newestOwnSeqs(audit);
  return forEach([...audit.windows], AT_ONCE, ([person, window]) =>
    compareMember(person, window, audit, rest, newest.get(person.userId) ?? 0),
  );
}

async function compareMember(
  person: Person,
  window: Window,
  audit: GroupAudit,
  rest: Rest,
  newestOwn: number,
): Promise<void> {
  const row = await findConversation(person, audit.conversationId, rest);
  if (!row) return audit.differs(`${person.nick} has no conversation row`);
  const maxSeq = window.leftSeq ?? audit.head;
  const expected = {
    unread: maxSeq - Math.max(window.joinSeq, newestOwn),
    maxSeq,
    minSeq: window.joinSeq + 1,
    active: window.leftSeq === null,
  };
  for (const [field, value] of Object.entries(expected)) {
    const told = row[field as keyof typeof expected];
    if (told !== value) audit.differs(`${person.nick} is told ${field} ${told} instead of ${value}`);
  }
}

/** Every line counts as unread (texts and actions do), so the newest own message is all that a recount needs. */
function newestOwnSeqs(audit: GroupAudit): Map<string, number> {
  return new Map(audit.lines.map(({ senderId }, index) => [senderId, index + 1]));
}

async function findConversation(
  person: Person,
  conversationId: string,
  rest: Rest,
): Promise<Conversation | undefined> {
  const query = new URLSearchParams({ limit: String(LIST_PAGE) });
  for (;;) {
    const page = await rest.get<ConversationList>(person.token, `/conversations?${query}`);
    const row = page.conversations.find((conversation) => conversation.conversationId === conversationId);
    if (row || page.nextCursor === null) return row;
    query.set('cursor', page.nextCursor);
  }
}
