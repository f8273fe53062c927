import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Stored } from '../../common/stored.js';
import { isDuplicateKey } from '../../infra/mongo/duplicate-key.js';
import { GROUP_MODEL, type GroupRow } from './group.schema.js';

/** Most ids in one query. */
const CHUNK = 500;

@Injectable()
export class GroupRepository {
  constructor(@InjectModel(GROUP_MODEL) private readonly groups: Model<GroupRow>) {}

  find(groupId: string): Promise<Stored<GroupRow> | null> {
    return this.groups.findById(groupId).lean<Stored<GroupRow>>().exec();
  }

  findByClientId(ownerId: string, clientId: string): Promise<Stored<GroupRow> | null> {
    return this.groups.findOne({ ownerId, clientId }).lean<Stored<GroupRow>>().exec();
  }

  /** Those that exist and changed after the revision `since` (0: all), in no particular order. */
  async findMany(groupIds: string[], since = 0): Promise<Stored<GroupRow>[]> {
    const rows: Stored<GroupRow>[] = [];
    const changed = since > 0 && { revision: { $gt: since } };
    for (let at = 0; at < groupIds.length; at += CHUNK) {
      const found = this.groups.find({ _id: { $in: groupIds.slice(at, at + CHUNK) }, ...changed });
      rows.push(...(await found.lean<Stored<GroupRow>[]>().exec()));
    }
    return rows;
  }

  /** Nobody joins it from now on. What is shown of it stays, so that this is no change to tell. */
  async abandon(groupId: string): Promise<void> {
    await this.groups.updateOne({ _id: groupId }, { $set: { abandoned: true } });
  }

  /** @returns false, and nothing is written, when the group or another of the same `(ownerId, clientId)` exists. */
  async insert(group: GroupRow): Promise<boolean> {
    try {
      await this.groups.create(group);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
