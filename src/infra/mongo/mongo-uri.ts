import { StartError } from '../../common/start-error.js';

const DEFAULT_DATABASE = 'nestim';

/** What an acknowledged write and a read must mean here; an address may repeat it, not weaken it. */
const REQUIRED: Record<string, string> = {
  w: 'majority',
  journal: 'true',
  j: 'true',
  readconcernlevel: 'majority',
  readpreference: 'primary',
};

/**
 * @throws StartError when the address asks for less than: stored by the majority and in the journal before the ack,
 * read from the primary what the majority has
 */
export function assertDurable(uri: string): void {
  for (const [name, value] of new URLSearchParams(afterFirst(uri, '?') ?? '')) {
    const required = REQUIRED[name.toLowerCase()];
    if (required !== undefined && value !== required) {
      throw new StartError(
        `MONGODB_URI: ${name} must be ${required} (or left out), since an ack means stored`,
      );
    }
  }
}

/** The database that the address names, or ours. */
export function databaseOf(uri: string): string {
  const path = afterFirst(afterFirst(uri, '://')?.split('?', 1)[0] ?? '', '/');
  return path ? decodeURIComponent(path) : DEFAULT_DATABASE;
}

function afterFirst(text: string, mark: string): string | undefined {
  const at = text.indexOf(mark);
  return at < 0 ? undefined : text.slice(at + mark.length);
}
