import { Schema } from 'mongoose';

export interface UserRow {
  _id: string;
  username?: string;
  /** The username in lower case: names are unique without regard to case. */
  usernameKey?: string;
  nickname: string;
  /** Absent for users made by a trusted backend: they have no password. */
  passwordHash?: string;
  createdAt: number;
  /** Since when nobody may act as this user, whatever else the row says. */
  disabledAt?: number;
}

export const USER_MODEL = 'User';
export const UserSchema = new Schema<UserRow>(
  {
    _id: { type: String, required: true },
    username: String,
    usernameKey: String,
    nickname: { type: String, required: true },
    passwordHash: String,
    createdAt: { type: Number, required: true },
    disabledAt: Number,
  },
  { collection: 'users', versionKey: false, strict: 'throw' },
);

// One user per name; serves the look-up at login.
UserSchema.index(
  { usernameKey: 1 },
  { unique: true, partialFilterExpression: { usernameKey: { $exists: true } } },
);
