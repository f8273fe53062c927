import { Injectable } from '@nestjs/common';
import { ChannelType, type Conversation, type Message, parseConversationId } from '@nestim/protocol';
import { BadRows } from '../../infra/metrics/bad-rows.js';
import { GroupsService } from '../groups/index.js';
import { UsersService } from '../users/index.js';
import { ChannelLog, type ChannelTail } from './channel-log.js';
import { ChannelStates } from './channel-states.js';
import type { StoredConversation } from './conversation.repository.js';
import { type ConversationRow, readableWindow, type SeqWindow } from './conversation.rules.js';
import { type Known, toConversation } from './to-conversation.js';
import { UnreadCounter } from './unread-counter.js';

/** Makes the owner's rows into the conversations that he sees. Rows that cannot be shown are left out and reported. */
@Injectable()
export class ConversationPresenter {
  constructor(
    private readonly channels: ChannelStates,
    private readonly log: ChannelLog,
    private readonly unread: UnreadCounter,
    private readonly users: UsersService,
    private readonly groups: GroupsService,
    private readonly badRows: BadRows,
  ) {}

  usable(ownerId: string, stored: StoredConversation[]): ConversationRow[] {
    return stored.flatMap(({ channelId, row }) => {
      if (!row) this.badRows.report('conversation_malformed', `${ownerId} ${channelId}`);
      return row ? [row] : [];
    });
  }

  async present(ownerId: string, rows: ConversationRow[]): Promise<Conversation[]> {
    const known = await this.lookUp(ownerId, rows);
    const presented = await Promise.all(rows.map((row) => this.presentOne(row, known)));
    return presented.filter((conversation) => conversation !== null);
  }

  private async lookUp(ownerId: string, rows: ConversationRow[]): Promise<Known> {
    const refs = rows.map((row) => parseConversationId(row.channelId));
    const peerIds = refs.flatMap((ref) => (ref?.channelType === ChannelType.person ? ref.members : []));
    const groupIds = refs.flatMap((ref) => (ref?.channelType === ChannelType.group ? [ref.groupId] : []));
    const [users, groups] = await Promise.all([this.users.getMany(peerIds), this.groups.findMany(groupIds)]);
    return { ownerId, users, groups, report: (kind, id) => this.badRows.report(kind, id) };
  }

  private async presentOne(row: ConversationRow, known: Known): Promise<Conversation | null> {
    const base = toConversation(row, known);
    if (!base) return null;
    const tail = await this.channels.tail(row.channelId);
    const window = readableWindow(row, tail.head);
    const [unread, lastMessage] = await Promise.all([
      this.unread.count(row, tail),
      this.lastReadable(window, row, tail),
    ]);
    return { ...base, ...window, lastMessage, unread };
  }

  private async lastReadable(
    window: SeqWindow,
    row: ConversationRow,
    tail: ChannelTail,
  ): Promise<Message | null> {
    if (window.minSeq > window.maxSeq) return null;
    return window.maxSeq === tail.head ? tail.lastMessage : this.log.findBySeq(row.channelId, window.maxSeq);
  }
}
