import { type Db, type Document, MongoClient } from 'mongodb';
import type { ConversationRecord } from '../../src/modules/conversations/conversation.schema.js';
import type { GroupMemberRow } from '../../src/modules/groups/group-member.schema.js';
import type { GroupRow } from '../../src/modules/groups/group.schema.js';
import type { MessageRecord } from '../../src/modules/messages/message.schema.js';
import type { UserRow } from '../../src/modules/users/user.schema.js';
import { forEach } from '../wire/for-each.js';
import { type Channel, channelsOf, type Size } from './channels.js';

const BATCH = 1_000;
const BATCHES_AT_ONCE = 4;
/** What is planted was there for so long, so that no revision of a running server is reached. */
const AGE_MS = 24 * 3_600_000;
const REVISIONS_PER_MS = 1000;
const TEXT = 'x'.repeat(100);

/**
 * Writes a store's users, groups, conversations and messages straight into it, past the server: a million rows in a
 * minute. The server must have made the indexes, and must not have looked at any of these rows yet.
 */
export async function plant(storeUri: string, size: Size): Promise<void> {
  const client = await MongoClient.connect(storeUri);
  try {
    const db = client.db('nestim');
    const channels = [...channelsOf(size)];
    const plantedAt = Date.now() - AGE_MS;
    await insert(db, 'users', users(channels, plantedAt));
    await insert(db, 'groups', each(channels, plantedAt, groups));
    await insert(db, 'group_members', each(channels, plantedAt, groupMembers));
    await insert(db, 'conversations', each(channels, plantedAt, conversations));
    await insert(db, 'messages', each(channels, plantedAt, messages));
  } finally {
    await client.close();
  }
}

function* users(channels: Channel[], createdAt: number): Generator<UserRow> {
  for (const _id of new Set(channels.flatMap(({ members }) => members))) {
    yield { _id, nickname: _id, createdAt };
  }
}

function* groups({ groupId, members }: Channel, createdAt: number): Generator<GroupRow> {
  if (groupId === undefined) return;
  const revision = createdAt * REVISIONS_PER_MS;
  yield { _id: groupId, name: groupId, ownerId: members[0]!, joinMode: 'open', createdAt, revision };
}

function* groupMembers(
  { groupId, members }: Channel,
  joinedAt: number,
): Generator<Omit<GroupMemberRow, '_id'>> {
  if (groupId === undefined) return;
  for (const [place, userId] of members.entries()) {
    yield { groupId, userId, role: place === 0 ? 'owner' : 'member', joinedAt };
  }
}

function* conversations(
  { channelId, channelType, members }: Channel,
  createdAt: number,
): Generator<ConversationRecord> {
  const revision = createdAt * REVISIONS_PER_MS;
  const positions = { joinSeq: 0, leftSeq: null, readSeq: 0, clearedSeq: 0 };
  for (const ownerId of members) yield { ownerId, channelId, channelType, ...positions, createdAt, revision };
}

function* messages({ channelId, members, messages: count }: Channel, last: number): Generator<MessageRecord> {
  for (let seq = 1; seq <= count; seq++) {
    const sentAt = last - count + seq;
    yield {
      conversationId: channelId,
      seq,
      senderId: members[seq % members.length]!,
      clientMsgId: `${channelId} ${seq}`,
      type: 'text',
      content: { text: TEXT },
      sentAt,
      revision: sentAt * REVISIONS_PER_MS,
    };
  }
}

function* each<Row>(
  channels: Channel[],
  time: number,
  rowsOf: (channel: Channel, time: number) => Iterable<Row>,
): Generator<Row> {
  for (const channel of channels) yield* rowsOf(channel, time);
}

async function insert(db: Db, collection: string, rows: Iterable<Document>): Promise<void> {
  await forEach(batches(rows), BATCHES_AT_ONCE, async (batch) => {
    await db.collection(collection).insertMany(batch, { ordered: false });
  });
}

function* batches<Row>(rows: Iterable<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
