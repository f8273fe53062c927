import type { Platform } from '@nestim/protocol';
import { Schema } from 'mongoose';

export interface SessionRow {
  _id: string;
  userId: string;
  platform: Platform;
  /** SHA-256 of the refresh token that is valid now. */
  refreshHash?: string;
  /** The one before, which is answered again for a short time after `rotatedAt`. */
  previousHash?: string;
  rotatedAt?: number;
  createdAt: number;
  expiresAt: number;
  revokedAt?: number;
  /** When the row may go: once it has expired, or some days after it was ended. */
  sweepAt: Date;
}

export const SESSION_MODEL = 'Session';
export const SessionSchema = new Schema<SessionRow>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    platform: { type: String, required: true },
    refreshHash: String,
    previousHash: String,
    rotatedAt: Number,
    createdAt: { type: Number, required: true },
    expiresAt: { type: Number, required: true },
    revokedAt: Number,
    sweepAt: { type: Date, required: true },
  },
  { collection: 'sessions', versionKey: false, strict: 'throw' },
);

// The logins of a user, newest first (ids sort by time).
SessionSchema.index({ userId: 1, _id: 1 });

// Not a query: the store deletes what is over.
SessionSchema.index({ sweepAt: 1 }, { expireAfterSeconds: 0 });
