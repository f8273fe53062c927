import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { Consistency, danglingAmong, type Defect, nameKey, RowRule } from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { GroupFacts } from '../groups/index.js';
import { UsersService } from '../users/index.js';
import { channelOfRow } from './channel-of-row.rules.js';
import { CONVERSATION_MODEL, type ConversationRecord } from './conversation.schema.js';

type Row = Stored<ConversationRecord>;

/** Conversation rows for themselves: unique, whole, and pointing to an owner and a channel that exist. */
@Injectable()
@Consistency()
export class ConversationConsistency extends RowRule<Row> {
  readonly kinds = {
    conversation_duplicate: 'More than one row of the same owner and channel.',
    conversation_malformed: 'A row whose fields do not make a conversation.',
    conversation_without_owner: 'A row whose owner does not exist.',
    conversation_without_channel: 'A row of a group, or with a person, that does not exist.',
  };
  protected readonly rows: RowWalk<Row>;

  constructor(
    @InjectModel(CONVERSATION_MODEL) conversations: Model<ConversationRecord>,
    private readonly users: UsersService,
    private readonly groups: GroupFacts,
  ) {
    super();
    this.rows = new RowWalk(conversations, { channelId: 'text', ownerId: 'text' }, [
      'channelType',
      'joinSeq',
      'leftSeq',
    ]);
  }

  protected async inspect(rows: Row[]): Promise<Defect<Row>[]> {
    const channels = new Map(rows.map((row) => [row, channelOfRow(row)]));
    const peerOf = (row: Row): string | undefined => channels.get(row)?.peerId;
    const groupOf = (row: Row): string | undefined => channels.get(row)?.groupId;
    const isNoUser = await danglingAmong(
      rows.flatMap((row) => [row.ownerId, peerOf(row)]),
      (ids) => this.users.findMissing(ids),
    );
    const isNoGroup = await danglingAmong(rows.map(groupOf), (ids) => this.groups.findMissing(ids));

    const names = rows.map((row) => nameKey(this.rows.keyOf(row)));
    const broken = {
      conversation_duplicate: (_: Row, at: number) => names[at] === names[at - 1],
      conversation_malformed: (row: Row) => channels.get(row) === null,
      conversation_without_owner: (row: Row) => isNoUser(row.ownerId),
      conversation_without_channel: (row: Row) =>
        (peerOf(row) !== undefined && isNoUser(peerOf(row))) ||
        (groupOf(row) !== undefined && isNoGroup(groupOf(row))),
    };
    return Object.entries(broken).flatMap(([kind, isBroken]) =>
      rows.filter(isBroken).map((row) => ({ kind, row })),
    );
  }
}
