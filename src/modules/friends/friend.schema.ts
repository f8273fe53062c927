import { Schema, type Types } from 'mongoose';

/** `ownerId` has `friendId` as a friend; the other direction is a row of its own. */
export interface FriendRow {
  _id: Types.ObjectId;
  ownerId: string;
  friendId: string;
  remark: string;
  createdAt: number;
}

export const FRIEND_MODEL = 'Friend';
export const FriendSchema = new Schema<FriendRow>(
  {
    ownerId: { type: String, required: true },
    friendId: { type: String, required: true },
    remark: { type: String, default: '' },
    createdAt: { type: Number, required: true },
  },
  { collection: 'friends', versionKey: false, strict: 'throw' },
);

// One row a pair; serves the list, paged by friendId.
FriendSchema.index({ ownerId: 1, friendId: 1 }, { unique: true });
// Who has this user as a friend.
FriendSchema.index({ friendId: 1 });
