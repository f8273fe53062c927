import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run replay -- [options] FILES
Plays IRC logs by clients of the SDK, each file a group, and compares file, history, receptions, unread counts and
what each client holds.
  --window N         files played at once (8)
  --url URL          a running server instead of one of its own; needs --admin-token
  --admin-token T    that server's NESTIM_ADMIN_TOKEN
  --kill N           kills its own server with SIGKILL so many times at random moments, and starts it again at once
  --seed N           of those moments; printed, to be given again
  --json             print the report as JSON
  --server-profile   write a CPU profile of its own server into the working folder`;

export interface ReplayOptions {
  files: string[];
  window: number;
  /** Absent: the replay starts a server of its own. */
  target?: { url: string; adminToken: string };
  kills: number;
  seed: number;
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
      kill: { type: 'string', default: '0' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'boolean', default: false },
      'server-profile': { type: 'boolean', default: false },
    },
  });
  const window = wholeNumber('window', values.window, 1);
  const kills = wholeNumber('kill', values.kill, 0);
  const seed = wholeNumber('seed', values.seed, 0);
  if (positionals.length === 0) throw new Error('no files given');
  const url = values.url;
  const adminToken = values['admin-token'];
  if ((url === undefined) !== (adminToken === undefined))
    throw new Error('--url and --admin-token go together');
  if (url !== undefined && kills > 0) throw new Error('--kill takes a server of its own, not --url');
  return {
    files: positionals,
    window,
    ...(url !== undefined && adminToken !== undefined && { target: { url, adminToken } }),
    kills,
    seed,
    json: values.json,
    serverProfile: values['server-profile'],
  };
}

function wholeNumber(name: string, value: string, least: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Error(`--${name} must be a whole number from ${least}`);
}
