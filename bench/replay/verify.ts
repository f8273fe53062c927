import type { ConversationList, MessagePage } from '@nestim/protocol';
import type { ImConnection } from '../wire/im-connection.js';
import type { Rest } from '../wire/rest.js';
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
export async function compareUnread(audit: GroupAudit, rest: Rest): Promise<void> {
  const members = [...audit.windows];
  const newest = newestOwnSeqs(audit);
  const worker = async (): Promise<void> => {
    for (let next = members.pop(); next; next = members.pop()) await compareMember(next, audit, rest, newest);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function compareMember(
  [person, window]: [Person, Window],
  audit: GroupAudit,
  rest: Rest,
  newestOwn: Map<string, number>,
): Promise<void> {
  // A connection that only other files need may be closed by them at any moment.
  const connection = window.leftSeq === null ? person.connection : null;
  const row = await findConversation(person, connection, audit.conversationId, rest);
  if (!row) return audit.differs(`${person.nick} has no conversation row`);
  const maxSeq = window.leftSeq ?? audit.head;
  const base = Math.max(window.joinSeq, newestOwn.get(person.userId) ?? 0);
  const expected = {
    unread: maxSeq - base,
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
  connection: ImConnection | null,
  conversationId: string,
  rest: Rest,
): Promise<ConversationList['conversations'][number] | undefined> {
  let cursor: string | null = null;
  do {
    const page: ConversationList = await listPage(person, connection, cursor, rest);
    const row = page.conversations.find((c) => c.conversationId === conversationId);
    if (row) return row;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return undefined;
}

/** Over the socket for who is a member, over REST for who has left. */
function listPage(
  person: Person,
  connection: ImConnection | null,
  cursor: string | null,
  rest: Rest,
): Promise<ConversationList> {
  if (connection) {
    return connection.ask('conversation:list', { ...(cursor !== null && { cursor }), limit: LIST_PAGE });
  }
  const query = new URLSearchParams({ limit: String(LIST_PAGE) });
  if (cursor !== null) query.set('cursor', cursor);
  return rest.get(person.token, `/conversations?${query}`);
}
