import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { VERIFIED_SEQ_MODEL, type VerifiedSeqRow } from './verified-seq.schema.js';

/** Most rows of one read or write. */
const CHUNK = 500;

@Injectable()
export class VerifiedSeqRepository {
  constructor(@InjectModel(VERIFIED_SEQ_MODEL) private readonly rows: Model<VerifiedSeqRow>) {}

  async find(conversationId: string): Promise<number> {
    return (await this.rows.findById(conversationId).lean())?.verifiedSeq ?? 0;
  }

  /** Those of all conversations with `from <= id <= to` (no `to`: to the end), in order. */
  async findRange(from: string, to: string | null): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    let range: object = { $gte: from };
    for (;;) {
      const page = await this.rows
        .find({ _id: { ...range, ...(to !== null && { $lte: to }) } })
        .sort({ _id: 1 })
        .limit(CHUNK)
        .lean();
      for (const { _id, verifiedSeq } of page) found.set(_id, verifiedSeq);
      if (page.length < CHUNK) return found;
      range = { $gt: page.at(-1)!._id };
    }
  }

  /** A position only ever moves forward, also when two processes check at the same time. */
  async raise(verified: ReadonlyMap<string, number>): Promise<void> {
    const raises = [...verified].map(([_id, verifiedSeq]) => ({
      updateOne: { filter: { _id }, update: { $max: { verifiedSeq } }, upsert: true },
    }));
    for (let at = 0; at < raises.length; at += CHUNK) {
      await this.rows.bulkWrite(raises.slice(at, at + CHUNK), { ordered: false });
    }
  }
}
