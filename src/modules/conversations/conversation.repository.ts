import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { ChannelType } from '@nestim/protocol';
import type { Model } from 'mongoose';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Revisions } from '../../infra/revisions/revisions.js';
import { isDuplicateKey, isOnlyDuplicates } from '../../infra/mongo/duplicate-key.js';
import { type ConversationRow, toConversationRow } from './conversation.rules.js';
import { CONVERSATION_MODEL, type ConversationRecord } from './conversation.schema.js';

export interface ConversationKey {
  ownerId: string;
  channelId: string;
  channelType: ChannelType;
}

/** Rows of a bulk step; bounds one command. */
const CHUNK = 500;
/** Rows read in one query for several owners. */
const MAX_SHARED = 1_000;

/** Every `group:<groupId>`, as a range of the owner's index. */
const GROUP_CHANNELS = { $gt: 'group:', $lt: 'group;' };

/** A stored row: `row` is null when it is damaged, `channelId` is then still good for paging. */
export interface StoredConversation {
  channelId: string;
  row: ConversationRow | null;
}

/** Names a row: an owner has one in each channel. */
export type Place = Pick<ConversationKey, 'ownerId' | 'channelId'>;

export const placeKey = ({ ownerId, channelId }: Place): string => `${ownerId} ${channelId}`;

export type PeerRead = Pick<ConversationRecord, 'channelId' | 'ownerId' | 'readSeq' | 'revision'>;

@Injectable()
export class ConversationRepository {
  constructor(
    @InjectModel(CONVERSATION_MODEL) private readonly model: Model<ConversationRecord>,
    private readonly metrics: Metrics,
    private readonly revisions: Revisions,
  ) {}

  async find(ownerId: string, channelId: string): Promise<ConversationRow | null> {
    const stored = await this.model.findOne({ ownerId, channelId }).lean();
    return stored && toConversationRow(stored);
  }

  /** As {@link find}, for several; one indexed query. */
  async findMany(places: readonly Place[]): Promise<(ConversationRow | null)[]> {
    const owners = new Map<string, string[]>();
    for (const { ownerId, channelId } of places) {
      const mine = owners.get(channelId);
      if (mine) mine.push(ownerId);
      else owners.set(channelId, [ownerId]);
    }
    const channels = [...owners].map(([channelId, ids]) => ({ channelId, ownerId: { $in: ids } }));
    const stored = await this.model.find({ $or: channels }).lean();
    const rows = new Map(stored.map((doc) => [placeKey(doc), toConversationRow(doc)]));
    return places.map((place) => rows.get(placeKey(place)) ?? null);
  }

  /**
   * Idempotent under any concurrency, also from other processes: looks first, then inserts; who loses the race
   * to the unique index reads the winner's row. Never fails with a duplicate key.
   * @returns the row and its `_id` as text
   */
  async getOrCreate(
    key: ConversationKey,
    joinSeq: number,
  ): Promise<{ rowId: string; row: ConversationRow | null }> {
    const found = await this.model.findOne(key).lean();
    if (found) return { rowId: String(found._id), row: toConversationRow(found) };
    try {
      const created = await this.revisions.stamp((revision) =>
        this.model.create(newRow(key, joinSeq, revision)),
      );
      return { rowId: String(created._id), row: toConversationRow(created) };
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      this.metrics.duplicateKeyMet.inc({ index: 'conversations' });
      const winner = await this.model.findOne(key).orFail().lean();
      return { rowId: String(winner._id), row: toConversationRow(winner) };
    }
  }

  /** The owner's rows in channel order, after the given channel id; damaged ones included, so that cursors stay right. */
  async listByOwner(ownerId: string, afterChannelId: string, limit: number): Promise<StoredConversation[]> {
    const stored = await this.model
      .find({ ownerId, channelId: { $gt: afterChannelId } })
      .sort({ channelId: 1 })
      .limit(limit)
      .lean();
    return stored.map((doc) => ({ channelId: doc.channelId, row: toConversationRow(doc) }));
  }

  /**
   * All rows of each owner, in channel order, damaged ones included.
   * @returns absent are those for whom there was no room: one query reads a thousand rows
   */
  async listByOwners(ownerIds: string[]): Promise<Map<string, StoredConversation[]>> {
    const stored = await this.model
      .find({ ownerId: { $in: ownerIds }, channelId: { $gt: '' } })
      .sort({ ownerId: 1, channelId: 1 })
      .limit(MAX_SHARED)
      .lean();
    // The last one's rows may have been cut.
    const cut = stored.length < MAX_SHARED ? null : stored.at(-1)!.ownerId;
    const whole = cut === null ? ownerIds : ownerIds.filter((ownerId) => ownerId < cut);
    const rows = new Map<string, StoredConversation[]>(whole.map((ownerId) => [ownerId, []]));
    for (const doc of stored) {
      rows.get(doc.ownerId)?.push({ channelId: doc.channelId, row: toConversationRow(doc) });
    }
    return rows;
  }

  /** Read positions in these channels that changed after the revision `since` (0: all). */
  listReads(channelIds: string[], since: number): Promise<PeerRead[]> {
    return this.model
      .find(
        {
          channelId: { $in: channelIds },
          readSeq: { $gt: 0 },
          ...(since > 0 && { revision: { $gt: since } }),
        },
        { channelId: 1, ownerId: 1, readSeq: 1, revision: 1, _id: 0 },
      )
      .lean();
  }

  /** Ids of each owner's group channels whose window is open. */
  async listOpenGroupChannelIds(ownerIds: string[]): Promise<Map<string, string[]>> {
    const stored = await this.model
      .find(
        { ownerId: { $in: ownerIds }, channelId: GROUP_CHANNELS, leftSeq: null },
        { ownerId: 1, channelId: 1, _id: 0 },
      )
      .lean();
    const channelIds = new Map<string, string[]>();
    for (const { ownerId, channelId } of stored) {
      const mine = channelIds.get(ownerId);
      if (mine) mine.push(channelId);
      else channelIds.set(ownerId, [channelId]);
    }
    return channelIds;
  }

  /**
   * Opens a window at `joinSeq` for each owner; an open window stays as it is, a closed one is opened anew.
   * In chunks, each step idempotent: after a crash the same call finishes the rest.
   */
  openWindows(
    channelId: string,
    channelType: ChannelType,
    ownerIds: string[],
    joinSeq: number,
  ): Promise<void> {
    return this.revisions.stamp((revision) =>
      this.openStamped({ channelId, channelType, ownerIds, joinSeq, revision }),
    );
  }

  private async openStamped(wanted: {
    channelId: string;
    channelType: ChannelType;
    ownerIds: string[];
    joinSeq: number;
    revision: number;
  }): Promise<void> {
    const { channelId, channelType, ownerIds, joinSeq, revision } = wanted;
    for (let at = 0; at < ownerIds.length; at += CHUNK) {
      const chunk = ownerIds.slice(at, at + CHUNK);
      const present = await this.model
        .find({ channelId, ownerId: { $in: chunk } }, { ownerId: 1, _id: 0 })
        .lean();
      const known = new Set(present.map((doc) => doc.ownerId));
      const missing = chunk.filter((ownerId) => !known.has(ownerId));
      if (missing.length > 0) {
        const rows = missing.map((ownerId) => newRow({ ownerId, channelId, channelType }, joinSeq, revision));
        await this.model.insertMany(rows, { ordered: false }).catch((error: unknown) => {
          if (!isOnlyDuplicates(error)) throw error;
        });
      }
      if (known.size > 0) {
        await this.model.updateMany(
          { channelId, ownerId: { $in: [...known] }, leftSeq: { $gte: 0 } },
          { $set: { joinSeq, leftSeq: null, revision } },
        );
      }
    }
  }

  /** Closes open windows at `leftSeq`; a closed one stays as it is. */
  async closeWindows(channelId: string, ownerIds: string[], leftSeq: number): Promise<void> {
    await this.revisions.stamp((revision) =>
      this.model.updateMany(
        { channelId, ownerId: { $in: ownerIds }, leftSeq: null },
        { $set: { leftSeq, revision } },
      ),
    );
  }

  /** Moves the read position forward, never back. @returns the row after it and the position before it. */
  async advanceReadSeq(
    key: ConversationKey,
    seq: number,
  ): Promise<{ row: ConversationRow; before: number } | null> {
    const { ownerId, channelId, channelType } = key;
    const before = await this.revisions.stamp((revision) =>
      this.model
        .findOneAndUpdate({ ownerId, channelId, channelType }, { $max: { readSeq: seq, revision } })
        .lean(),
    );
    const row = before && toConversationRow(before);
    return row && { row: { ...row, readSeq: Math.max(row.readSeq, seq) }, before: row.readSeq };
  }
}

const newRow = (key: ConversationKey, joinSeq: number, revision: number): ConversationRecord => ({
  ...key,
  joinSeq,
  leftSeq: null,
  readSeq: 0,
  clearedSeq: 0,
  createdAt: Date.now(),
  revision,
});
