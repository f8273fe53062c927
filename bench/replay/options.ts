import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run replay -- [options] FILES
Plays IRC logs through real sockets, each file a group, and compares file, history, receptions and unread counts.
  --window N         files played at once (8)
  --url URL          a running server instead of one of its own; needs --admin-token
  --admin-token T    that server's NESTIM_ADMIN_TOKEN
  --json             print the report as JSON
  --server-profile   write a CPU profile of its own server into the working folder`;

export interface ReplayOptions {
  files: string[];
  window: number;
  /** Absent: the replay starts a server of its own. */
  target?: { url: string; adminToken: string };
  json: boolean;
  serverProfile: boolean;
}

/** @throws Error saying what is wrong with the command line */
export function parseOptions(args: string[]): ReplayOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      window: { type: 'string', default: '8' },
      url: { type: 'string' },
      'admin-token': { type: 'string' },
      json: { type: 'boolean', default: false },
      'server-profile': { type: 'boolean', default: false },
    },
  });
  const window = Number(values.window);
  if (!Number.isInteger(window) || window < 1) throw new Error('--window must be a whole number from 1');
  if (positionals.length === 0) throw new Error('no files given');
  const url = values.url;
  const adminToken = values['admin-token'];
  if ((url === undefined) !== (adminToken === undefined))
    throw new Error('--url and --admin-token go together');
  return {
    files: positionals,
    window,
    ...(url !== undefined && adminToken !== undefined && { target: { url, adminToken } }),
    json: values.json,
    serverProfile: values['server-profile'],
  };
}
