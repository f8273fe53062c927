import { Schema } from 'mongoose';

/** How far a scan has found a conversation's messages to be whole; the check at start begins there. */
export interface VerifiedSeqRow {
  /** The conversation id. */
  _id: string;
  verifiedSeq: number;
}

export const VERIFIED_SEQ_MODEL = 'VerifiedSeq';
export const VerifiedSeqSchema = new Schema<VerifiedSeqRow>(
  {
    _id: { type: String, required: true },
    verifiedSeq: { type: Number, required: true },
  },
  { collection: 'consistency_state', versionKey: false, strict: 'throw' },
);
