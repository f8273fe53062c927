import type { JoinMode } from '@nestim/protocol';
import { Schema } from 'mongoose';

export interface GroupRow {
  _id: string;
  name: string;
  ownerId: string;
  joinMode: JoinMode;
  createdAt: number;
  /** Its owner left as the last one: nobody joins it any more, whatever its mode. */
  abandoned?: boolean;
  /** The creator's id for the creation: the same one again gives the same group. */
  clientId?: string;
  /** Of the row's last change; absent on rows from before there were revisions. */
  revision?: number;
}

export const GROUP_MODEL = 'Group';
export const GroupSchema = new Schema<GroupRow>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    ownerId: { type: String, required: true },
    joinMode: { type: String, required: true },
    createdAt: { type: Number, required: true },
    abandoned: Boolean,
    clientId: String,
    revision: Number,
  },
  { collection: 'groups', versionKey: false, strict: 'throw' },
);

// One group per creation; serves the look-up when a creation is sent again.
GroupSchema.index(
  { ownerId: 1, clientId: 1 },
  { unique: true, partialFilterExpression: { clientId: { $exists: true } } },
);
