import { Schema } from 'mongoose';

/** What makes revisions go on after a restart. One row. */
export interface RevisionsRow {
  _id: 'revisions';
  /** Names this store: a cursor of another one means nothing here. */
  epoch: string;
  /** No revision above it has been given. */
  ceiling: number;
}

export const REVISIONS_MODEL = 'Revisions';
export const RevisionsSchema = new Schema<RevisionsRow>(
  {
    _id: { type: String, required: true },
    epoch: { type: String, required: true },
    ceiling: { type: Number, required: true },
  },
  { collection: 'revisions', versionKey: false, strict: 'throw' },
);
