import { Injectable } from '@nestjs/common';
import {
  ChannelType,
  type Conversation,
  type Group,
  parseConversationId,
  type Receipt,
} from '@nestim/protocol';
import { GroupsService } from '../groups/index.js';
import { ChannelStates } from './channel-states.js';
import { ConversationPresenter } from './conversation-presenter.js';
import type { ConversationRow } from './conversation.rules.js';
import { SharedReads } from './shared-reads.js';

/** Rows looked at in one step. */
const CHUNK = 200;
/** Rows looked at in one call: it ends then, whatever it has found. */
const MAX_SCANNED = 2_000;

export interface ConversationChanges {
  conversations: Conversation[];
  /** Those of them whose own data changed. */
  groups: Group[];
  receipts: Receipt[];
  /** The channel to go on behind; null at the end. */
  nextAfter: string | null;
}

/** What changed in a user's conversations: looks once at each of his rows and at the end of its channel. */
@Injectable()
export class ConversationChangesService {
  constructor(
    private readonly rows: SharedReads,
    private readonly channels: ChannelStates,
    private readonly presenter: ConversationPresenter,
    private readonly groups: GroupsService,
  ) {}

  /** In channel order, behind the channel `after`; about `limit` conversations. */
  async list(ownerId: string, since: number, after: string, limit: number): Promise<ConversationChanges> {
    const changes: ConversationChanges = { conversations: [], groups: [], receipts: [], nextAfter: after };
    for (let scanned = 0; scanned < MAX_SCANNED && changes.conversations.length < limit; scanned += CHUNK) {
      const size = Math.min(CHUNK, limit);
      const stored = await this.rows.listByOwner(ownerId, changes.nextAfter ?? '', size);
      await this.collect(ownerId, since, this.presenter.usable(ownerId, stored), changes);
      changes.nextAfter = stored.length < size ? null : stored.at(-1)!.channelId;
      if (changes.nextAfter === null) break;
    }
    return changes;
  }

  private async collect(
    ownerId: string,
    since: number,
    rows: ConversationRow[],
    changes: ConversationChanges,
  ): Promise<void> {
    const refs = rows.map((row) => parseConversationId(row.channelId));
    const groupIds = refs.flatMap((ref) => (ref?.channelType === ChannelType.group ? [ref.groupId] : []));
    const dms = rows.filter((row) => row.channelType === ChannelType.person).map((row) => row.channelId);
    const [groups, reads, tails] = await Promise.all([
      this.groups.listChanged(groupIds, since),
      this.rows.listPeerReads(dms, ownerId, since),
      Promise.all(rows.map((row) => this.channels.tail(row.channelId))),
    ]);
    const changedGroups = new Set(groups.map((group) => group.conversationId));
    const changed = rows.filter((row, i) => {
      // What comes after the window closed is not mine to know.
      const channel = row.leftSeq === null ? tails[i]!.revision : 0;
      return since === 0 || row.revision > since || channel > since || changedGroups.has(row.channelId);
    });
    changes.conversations.push(...(await this.presenter.present(ownerId, changed)));
    changes.groups.push(...groups);
    changes.receipts.push(
      ...reads.map((read) => ({
        conversationId: read.channelId,
        userId: read.ownerId,
        readSeq: read.readSeq,
      })),
    );
  }
}
