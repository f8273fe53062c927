import { Injectable } from '@nestjs/common';
import { BatchedLookup } from '../../common/batched-lookup.js';
import { SharedQuery } from '../../common/shared-query.js';
import {
  ConversationRepository,
  type PeerRead,
  type Place,
  type StoredConversation,
} from './conversation.repository.js';
import type { ConversationRow } from './conversation.rules.js';

interface PeerReadsQuestion {
  readonly channelIds: string[];
  readonly ownerId: string;
  readonly since: number;
}

/** What many ask at once when a crowd comes back: each question is a share of a common query. */
@Injectable()
export class SharedReads {
  private readonly ownRows = new BatchedLookup((ownerIds) => this.rows.listByOwners(ownerIds));
  private readonly openGroups = new BatchedLookup((ownerIds) => this.rows.listOpenGroupChannelIds(ownerIds));
  private readonly places = new SharedQuery((places: Place[]) => this.rows.findMany(places));
  private readonly peerReads = new SharedQuery(
    (asked: PeerReadsQuestion[]) => this.readPeers(asked),
    ({ channelIds }) => channelIds.length,
  );

  constructor(private readonly rows: ConversationRepository) {}

  /** As the repository's `find`. */
  find(place: Place): Promise<ConversationRow | null> {
    return this.places.ask(place);
  }

  /** As the repository's `listByOwner`; only first pages are shared. */
  async listByOwner(ownerId: string, afterChannelId: string, limit: number): Promise<StoredConversation[]> {
    const all = afterChannelId === '' ? await this.ownRows.get(ownerId) : undefined;
    return all?.slice(0, limit) ?? this.rows.listByOwner(ownerId, afterChannelId, limit);
  }

  /** Ids of the owner's group channels whose window is open. */
  async listOpenGroupChannelIds(ownerId: string): Promise<string[]> {
    return (await this.openGroups.get(ownerId)) ?? [];
  }

  /** Read positions of the others in these channels that changed after the revision `since` (0: all). */
  async listPeerReads(channelIds: string[], ownerId: string, since: number): Promise<PeerRead[]> {
    return channelIds.length === 0 ? [] : this.peerReads.ask({ channelIds, ownerId, since });
  }

  private async readPeers(asked: PeerReadsQuestion[]): Promise<PeerRead[][]> {
    const channelIds = new Set(asked.flatMap((each) => each.channelIds));
    const oldest = Math.min(...asked.map(({ since }) => since));
    const reads = new Map<string, PeerRead[]>();
    for (const read of await this.rows.listReads([...channelIds], oldest)) {
      const others = reads.get(read.channelId);
      if (others) others.push(read);
      else reads.set(read.channelId, [read]);
    }
    return asked.map(({ channelIds, ownerId, since }) =>
      channelIds
        .flatMap((channelId) => reads.get(channelId) ?? [])
        .filter((read) => read.ownerId !== ownerId && (since === 0 || (read.revision ?? 0) > since)),
    );
  }
}
