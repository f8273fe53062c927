import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { newId } from '../../common/ids.js';
import { isDuplicateKey } from '../mongo/duplicate-key.js';
import { REVISIONS_MODEL, type RevisionsRow } from './revisions.schema.js';

const _id = 'revisions';

@Injectable()
export class RevisionsRepository {
  constructor(@InjectModel(REVISIONS_MODEL) private readonly rows: Model<RevisionsRow>) {}

  /** The row, made when the store is new. */
  async getOrCreate(): Promise<RevisionsRow> {
    const found = await this.rows.findById(_id).lean();
    if (found) return found;
    await this.rows.create({ _id, epoch: newId(), ceiling: 0 }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
    return this.rows.findById(_id).orFail().lean();
  }

  /** Never lowers it. */
  async raiseCeiling(ceiling: number): Promise<void> {
    await this.rows.updateOne({ _id }, { $max: { ceiling } });
  }
}
