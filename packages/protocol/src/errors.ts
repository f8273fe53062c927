import { z } from 'zod';

/** What one error code means on the wire. */
export interface ErrorDefinition {
  /** HTTP status of the REST answer; sockets carry the code alone. */
  readonly status: number;
  /** True when the same request, sent again later, may succeed. */
  readonly temporary: boolean;
  readonly message: string;
  /** What a client should do about it. */
  readonly action: string;
}

const fatal = (status: number, message: string, action: string): ErrorDefinition => ({
  status,
  temporary: false,
  message,
  action,
});
const temporary = (status: number, message: string, action: string): ErrorDefinition => ({
  status,
  temporary: true,
  message,
  action,
});

/** The one registry of error codes: server, SDK and documents take them from here. */
export const ERRORS = {
  BAD_REQUEST: fatal(400, 'The request is not valid.', 'Correct the fields named in details.'),
  UNKNOWN_EVENT: fatal(400, 'No such event.', 'Use the events of the protocol.'),
  UNAUTHENTICATED: fatal(401, 'A valid access token is needed.', 'Refresh the token or log in again.'),
  TOKEN_EXPIRED: fatal(401, 'The access token has expired.', 'Refresh the token and try again.'),
  SESSION_REVOKED: fatal(401, 'This login has been ended.', 'Log in again.'),
  BAD_CREDENTIALS: fatal(401, 'Username or password is wrong.', 'Ask the user again.'),
  USER_DISABLED: fatal(
    403,
    'This account has been disabled.',
    'Stop; only the operator can enable it again.',
  ),
  FORBIDDEN: fatal(403, 'This is not allowed.', 'Do not retry.'),
  REGISTRATION_CLOSED: fatal(
    403,
    'Registration is closed on this server.',
    'Ask the operator for an account.',
  ),
  NOT_A_MEMBER: fatal(403, 'You are not a member of this group.', 'Join the group first.'),
  GROUP_NOT_OPEN: fatal(403, 'This group cannot be joined freely.', 'Ask a member for an invitation.'),
  NOT_FOUND: fatal(404, 'No such thing.', 'Check the address.'),
  USER_NOT_FOUND: fatal(404, 'No such user.', 'Check the userId.'),
  GROUP_NOT_FOUND: fatal(404, 'No such group.', 'Check the groupId.'),
  CONVERSATION_NOT_FOUND: fatal(404, 'No such conversation.', 'Drop it from the local list.'),
  SESSION_NOT_FOUND: fatal(404, 'No such session.', 'Refresh the list of sessions.'),
  INVALID_FRIEND_RECORD: fatal(
    409,
    'The friend record points to a missing user.',
    'Show the entry as a deleted user.',
  ),
  IDEMPOTENCY_CONFLICT: fatal(
    409,
    'This client id was used for something else.',
    'Use a new client id for new content.',
  ),
  USERNAME_TAKEN: fatal(409, 'This username is taken.', 'Choose another.'),
  USER_EXISTS: fatal(409, 'This userId exists.', 'Use the existing user or another userId.'),
  OWNER_CANNOT_LEAVE: fatal(409, 'The owner cannot leave the group.', 'Hand the group over first.'),
  GROUP_FULL: fatal(409, 'The group is full.', 'Do not retry.'),
  PAYLOAD_TOO_LARGE: fatal(413, 'The request is too large.', 'Send less at once.'),
  TOO_MANY_REQUESTS: temporary(
    429,
    'Too many requests.',
    'Wait for details.retryAfterMs, if given, and try again.',
  ),
  TOO_MANY_CONNECTIONS: temporary(
    429,
    'This user has too many open connections.',
    'Close one of them; try again later.',
  ),
  INTERNAL: temporary(500, 'Something went wrong on the server.', 'Try again; report the requestId.'),
  STORE_UNAVAILABLE: temporary(
    503,
    'The store did not confirm the write.',
    'Send again with the same client id.',
  ),
  SHUTTING_DOWN: temporary(
    503,
    'The server is stopping.',
    'Connect again and send again with the same client id.',
  ),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

/** The one error shape, in REST bodies as `{ error }` and in socket acks as `{ ok: false, error }`. */
export const WireError = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  temporary: z.boolean(),
  requestId: z.string().optional(),
  details: z.unknown().optional(),
});
export type WireError = z.infer<typeof WireError>;

/** The body of every refusal of a route. */
export const ErrorBody = z.object({ error: WireError });

/** {@link WireError} where only some codes can occur. */
export const wireErrorOf = (codes: readonly ErrorCode[]) => WireError.extend({ code: z.enum(codes) });
