import type { Stored } from '../../common/stored.js';
import type { UserRow } from './user.schema.js';

export type UserRefusal = 'UNAUTHENTICATED' | 'USER_DISABLED';

/** Why nobody may act as this user, or '' when one may. A mark that cannot be read counts, too. */
export function refusalOf(row: Stored<UserRow> | null): UserRefusal | '' {
  if (!row) return 'UNAUTHENTICATED';
  return row.disabledAt === undefined ? '' : 'USER_DISABLED';
}
