import { z } from 'zod';

/** 1 = two persons (or a note to oneself), 2 = group. */
export const ChannelType = { person: 1, group: 2 } as const;
export type ChannelType = (typeof ChannelType)[keyof typeof ChannelType];

/** Ending of a channel's twin that carries commands: stored, ordered and synced, never shown, never unread. */
export const COMMAND_SUFFIX = '____cmd';

const ID = new RegExp(`^(?!.*${COMMAND_SUFFIX}$)[A-Za-z0-9._-]{1,64}$`);
const isId = (value: string): boolean => ID.test(value);

/** Compared by bytes; 1–64 of `A–Z a–z 0–9 . _ -`, never ending in `____cmd`. */
export const UserId = z
  .string()
  .regex(ID, 'must be 1-64 of A-Z a-z 0-9 . _ - and not end in ____cmd')
  .describe('Compared by bytes.');
export const GroupId = UserId.describe('Formed as a user id.');

/** `dm:<a>:<b>`, the two user ids sorted by bytes; `dm:a:a` is a note to oneself. */
export const dmConversationId = (a: string, b: string): string => (a < b ? `dm:${a}:${b}` : `dm:${b}:${a}`);

/** `group:<groupId>`. */
export const groupConversationId = (groupId: string): string => `group:${groupId}`;

/** The twin channel for command messages. */
export const commandChannelId = (conversationId: string): string => conversationId + COMMAND_SUFFIX;

export type ConversationRef =
  | { channelType: typeof ChannelType.person; members: [string, string] }
  | { channelType: typeof ChannelType.group; groupId: string };

/**
 * Reads a conversation id.
 * @returns what it names, or null when it is not one in its only spelling (so no conversation has two ids).
 */
export function parseConversationId(conversationId: string): ConversationRef | null {
  if (conversationId.startsWith('group:')) {
    const groupId = conversationId.slice(6);
    return isId(groupId) ? { channelType: ChannelType.group, groupId } : null;
  }
  if (!conversationId.startsWith('dm:')) return null;
  const [a, b, ...rest] = conversationId.slice(3).split(':');
  if (a === undefined || b === undefined || rest.length > 0) return null;
  if (!isId(a) || !isId(b) || a > b) return null;
  return { channelType: ChannelType.person, members: [a, b] };
}

export const ConversationId = z
  .string()
  .max(135)
  .refine(
    (value) => parseConversationId(value) !== null,
    'must be dm:<userId>:<userId> (sorted) or group:<groupId>',
  )
  .describe('dm:<userId>:<userId>, the two sorted by bytes, or group:<groupId>.');

/** Chosen by the client, one for each thing it makes; the same id again gives the same thing. */
export const ClientId = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be 1-64 visible ASCII characters');

/** A sequence number: 1, 2, 3 … in each conversation; 0 is before the first. */
export const Seq = z.int().min(0);
