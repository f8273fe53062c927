import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { ChannelType, groupConversationId } from '@nestim/protocol';
import type { Model } from 'mongoose';
import { type Stored, textOf } from '../../common/stored.js';
import { Consistency, type Defect, RowRule, type Suspect } from '../../consistency/index.js';
import { type IndexKey, RowWalk } from '../../infra/mongo/row-walk.js';
import { GroupFacts } from '../groups/index.js';
import { channelOfRow, refOfChannel } from './channel-of-row.rules.js';
import { CONVERSATION_MODEL, type ConversationRecord } from './conversation.schema.js';

type Row = Stored<ConversationRecord>;
type Member = GroupFacts['memberRows'] extends RowWalk<infer Stored> ? Stored : never;

/** Suspects that are looked at in one turn of a group, during which nothing is sent to it. */
const TURN = 100;

/**
 * A member row and a conversation row are written one after the other. So a suspect is looked at again in a turn of
 * its own in the group's write order, where no join or leave of this process is half-way.
 */
abstract class MembershipRule<Row> extends RowRule<Row> {
  constructor(protected readonly groups: GroupFacts) {
    super();
  }

  protected abstract groupIdOf(key: IndexKey): string;

  override async recheck(suspects: readonly Suspect<IndexKey>[]): Promise<Suspect<IndexKey>[]> {
    const still: Suspect<IndexKey>[] = [];
    for (const groupId of new Set(suspects.map(({ key }) => this.groupIdOf(key)))) {
      const inGroup = suspects.filter(({ key }) => this.groupIdOf(key) === groupId);
      for (let at = 0; at < inGroup.length; at += TURN) {
        const look = (): Promise<Suspect<IndexKey>[]> => super.recheck(inGroup.slice(at, at + TURN));
        still.push(...(await this.groups.undisturbed(groupId, look)));
      }
    }
    return still;
  }
}

/** Who can read on in a group is a member of it. */
@Injectable()
@Consistency()
export class OpenWindowConsistency extends MembershipRule<Row> {
  readonly kinds = {
    conversation_without_member: 'An open conversation of a group that the owner is not in.',
  };
  protected readonly rows: RowWalk<Row>;

  constructor(@InjectModel(CONVERSATION_MODEL) conversations: Model<ConversationRecord>, groups: GroupFacts) {
    super(groups);
    this.rows = new RowWalk(conversations, { channelId: 'text', ownerId: 'text' }, [
      'channelType',
      'joinSeq',
      'leftSeq',
    ]);
  }

  protected groupIdOf([channelId]: IndexKey): string {
    const ref = refOfChannel(String(channelId));
    return ref?.channelType === ChannelType.group ? ref.groupId : '';
  }

  protected async inspect(rows: Row[]): Promise<Defect<Row>[]> {
    const open = rows.flatMap((stored) => {
      const { row, groupId } = channelOfRow(stored) ?? {};
      return row?.leftSeq === null && groupId !== undefined ? { stored, groupId, userId: row.ownerId } : [];
    });
    const strangers = await strangersAmong(open, (groupId, userIds) =>
      this.groups.findMembers(groupId, userIds),
    );
    return strangers.map(({ stored }) => ({ kind: 'conversation_without_member', row: stored }));
  }
}

/** Who is a member of a group can read on in it. */
@Injectable()
@Consistency()
export class MemberWindowConsistency extends MembershipRule<Member> {
  readonly kinds = { member_without_conversation: 'A member of a group who has no open conversation of it.' };
  protected readonly rows: RowWalk<Member>;

  constructor(
    @InjectModel(CONVERSATION_MODEL) private readonly conversations: Model<ConversationRecord>,
    groups: GroupFacts,
  ) {
    super(groups);
    this.rows = groups.memberRows;
  }

  protected groupIdOf([groupId]: IndexKey): string {
    return String(groupId);
  }

  protected async inspect(rows: Member[]): Promise<Defect<Member>[]> {
    const members = rows.flatMap((stored) => {
      const [groupId, userId] = [textOf(stored.groupId), textOf(stored.userId)];
      return groupId !== undefined && userId !== undefined ? { stored, groupId, userId } : [];
    });
    const strangers = await strangersAmong(members, async (groupId, userIds) => {
      const filter = { channelId: groupConversationId(groupId), ownerId: { $in: userIds }, leftSeq: null };
      const found = this.conversations.find(filter, { _id: 0, ownerId: 1 });
      return new Set((await found.lean<{ ownerId: string }[]>().exec()).map(({ ownerId }) => ownerId));
    });
    return strangers.map(({ stored }) => ({ kind: 'member_without_conversation', row: stored }));
  }
}

/** Those who are not among the present ones of their group; one look-up for each group. */
async function strangersAmong<T extends { groupId: string; userId: string }>(
  all: T[],
  findPresent: (groupId: string, userIds: string[]) => Promise<Set<string>>,
): Promise<T[]> {
  const strangers: T[] = [];
  for (const groupId of new Set(all.map((one) => one.groupId))) {
    const inGroup = all.filter((one) => one.groupId === groupId);
    const present = await findPresent(
      groupId,
      inGroup.map(({ userId }) => userId),
    );
    strangers.push(...inGroup.filter(({ userId }) => !present.has(userId)));
  }
  return strangers;
}
